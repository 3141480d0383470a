"""The secret of each site's command barcodes."""

from __future__ import annotations

from secrets import token_hex

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = op.create_table(
        "site_key",
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("command_key", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_site_key")),
    )
    # the nameless one is for terminals of a backend where no site has policies
    sites = ["", *op.get_bind().execute(sa.text("SELECT site FROM policy ORDER BY site")).scalars()]
    op.bulk_insert(made, [{"site": site, "command_key": token_hex(32)} for site in dict.fromkeys(sites)])


def downgrade() -> None:
    op.drop_table("site_key")
