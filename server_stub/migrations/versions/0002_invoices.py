"""Invoices, corrections and reversals (S9 to S14), months of warranty and service (S18)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LIVE = sa.column("live", sa.Boolean()) == sa.true()
SERIAL = sa.column("key").is_not(None)
LIVE_SERIAL_BEFORE = sa.and_(LIVE, SERIAL)
LIVE_SERIAL = sa.and_(LIVE, SERIAL, sa.column("returned", sa.Boolean()) == sa.false())
LIVE_DRAWN = sa.and_(LIVE, sa.column("invoice").is_not(None))
NOT_INVOICED = sa.and_(sa.column("reversed", sa.Boolean()) == sa.false(), sa.column("invoiced") < sa.column("units"))


def upgrade() -> None:
    # columns are added, never tables copied: rows that exist need the defaults, and stay where they are
    op.add_column("item", _count("warranty_months"))
    op.add_column("item", _count("service_months"))
    op.add_column("order_line", _count("negative"))
    op.add_column("slip", sa.Column("posted_at", sa.String(length=24), nullable=True))
    slip = sa.table("slip", sa.column("status"), sa.column("changed_at"), sa.column("posted_at"))
    op.execute(sa.update(slip).where(slip.c.status == "posted").values(posted_at=slip.c.changed_at))
    op.add_column("slip_line", _flag("reversed"))
    op.add_column("slip_line", _count("invoiced"))
    op.create_index(
        "ix_slip_line_not_invoiced",
        "slip_line",
        ["document"],
        unique=False,
        sqlite_where=NOT_INVOICED,
        postgresql_where=NOT_INVOICED,
    )
    op.add_column("registration", sa.Column("invoice", sa.String(length=64), nullable=True))
    op.add_column("registration", _flag("invoiced"))
    op.add_column("registration", sa.Column("came_from", sa.String(length=64), nullable=True))
    op.add_column("registration", _flag("returned"))
    _drop_serial_index(LIVE_SERIAL_BEFORE)
    _make_serial_index(LIVE_SERIAL)
    op.create_index(
        "ix_registration_live_invoice",
        "registration",
        ["invoice"],
        unique=False,
        sqlite_where=LIVE_DRAWN,
        postgresql_where=LIVE_DRAWN,
    )
    op.create_index(
        "ix_registration_key", "registration", ["key"], unique=False, sqlite_where=SERIAL, postgresql_where=SERIAL
    )
    op.create_table(
        "draw",
        sa.Column("invoice", sa.String(length=64), nullable=False),
        sa.Column("slip", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("invoiced", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["invoice"], ["slip.number"], name=op.f("fk_draw_invoice")),
        sa.ForeignKeyConstraint(
            ["slip", "line"], ["slip_line.document", "slip_line.number"], name=op.f("fk_draw_slip_line")
        ),
        sa.PrimaryKeyConstraint("invoice", "slip", "line", name=op.f("pk_draw")),
    )
    op.create_index(op.f("ix_draw_slip"), "draw", ["slip"], unique=False)


def downgrade() -> None:
    op.drop_table("draw")
    op.drop_index("ix_registration_key", table_name="registration")
    op.drop_index("ix_registration_live_invoice", table_name="registration")
    _drop_serial_index(LIVE_SERIAL)
    for name in ("returned", "came_from", "invoiced", "invoice"):
        op.drop_column("registration", name)
    _make_serial_index(LIVE_SERIAL_BEFORE)
    op.drop_index("ix_slip_line_not_invoiced", table_name="slip_line")
    op.drop_column("slip_line", "invoiced")
    op.drop_column("slip_line", "reversed")
    op.drop_column("slip", "posted_at")
    op.drop_column("order_line", "negative")
    op.drop_column("item", "service_months")
    op.drop_column("item", "warranty_months")


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _make_serial_index(where: sa.ColumnElement[bool]) -> None:
    op.create_index(
        "uq_registration_live_serial",
        "registration",
        ["item", "key"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def _drop_serial_index(where: sa.ColumnElement[bool]) -> None:
    op.drop_index("uq_registration_live_serial", table_name="registration", sqlite_where=where, postgresql_where=where)
