"""The case of serials (D2), what is read along with them, recalls (I9), and what a wrong label may name (I10)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAMED = (
    ("item", "number"),
    ("item_reference", "reference"),
    ("slip", "number"),
    ("sales_order", "number"),
    ("operator", "id"),
    ("slip_line", "location"),
)


def upgrade() -> None:
    op.add_column("item", sa.Column("case", sa.String(length=8), nullable=False, server_default="any"))
    op.add_column("registration", sa.Column("gtin", sa.String(length=14), nullable=False, server_default=""))
    op.create_table(
        "recall",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("folded", sa.String(length=400), nullable=False),
        sa.Column("serial", sa.String(length=100), nullable=False),
        sa.Column("lot", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.number"], name=op.f("fk_recall_item")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_recall")),
        sa.UniqueConstraint("item", "folded", "serial", "lot", name=op.f("uq_recall_item_folded_serial_lot")),
    )
    for table, column in NAMED:
        there = sa.column(column).is_not(None) if column == "location" else None
        small = sa.func.lower(sa.column(column))
        name = f"ix_{table}_{column}_small"
        op.create_index(name, table, [small], unique=False, sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    for table, column in NAMED:
        op.drop_index(f"ix_{table}_{column}_small", table_name=table)
    op.drop_table("recall")
    op.drop_column("registration", "gtin")
    op.drop_column("item", "case")
