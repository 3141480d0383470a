"""The policy that documents print when they are posted (S15, D7)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # rows that exist need the default: sites print as before, by hand
    op.add_column("policy", sa.Column("print_at_posting", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("policy", "print_at_posting")
