"""How Alembic reaches the database: through the connection that `server_stub.schema_version` hands it."""

from __future__ import annotations

from alembic import context

from server_stub.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes tables by copying them
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
