"""Serials that were corrected away, and the indexes of tracing and of units that still want a serial (S9, S18)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN_BLANK = sa.and_(
    sa.column("live", sa.Boolean()) == sa.true(),
    sa.column("key").is_(None),
    sa.column("invoiced", sa.Boolean()) == sa.false(),
)
IN_TRAIL = sa.text(
    "type IN ('removed', 'undone', 'serial-corrected', 'posting-requested', 'slip-drafted', 'slip-reversed')"
)


def upgrade() -> None:
    op.create_table(
        "former_serial",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("registration", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_former_serial")),
    )
    op.create_index(op.f("ix_former_serial_key"), "former_serial", ["key"], unique=False)
    _make_index("ix_registration_open_blank", "registration", "position", OPEN_BLANK)
    _make_index("ix_event_trail", "event", "document", IN_TRAIL)


def downgrade() -> None:
    op.drop_index("ix_event_trail", table_name="event")
    op.drop_index("ix_registration_open_blank", table_name="registration")
    op.drop_table("former_serial")


def _make_index(name: str, table: str, column: str, where: sa.ColumnElement[bool] | sa.TextClause) -> None:
    op.create_index(name, table, [column], unique=False, sqlite_where=where, postgresql_where=where)
