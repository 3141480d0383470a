"""Which unit was sold again over which (S22), and the events of a unit found by its name (S18)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ABOUT_A_UNIT = ("removed", "undone", "serial-corrected")
OF_A_UNIT = sa.column("registration").is_not(None)
IN_TRAIL_BEFORE = sa.text(
    "type IN ('removed', 'undone', 'serial-corrected', 'posting-requested', 'slip-drafted', 'slip-reversed')"
)
IN_TRAIL = sa.text("type IN ('posting-requested', 'slip-drafted', 'slip-reversed')")


def upgrade() -> None:
    op.add_column("registration", sa.Column("sold_before", sa.String(length=64), nullable=True))
    _remember_sales()
    op.add_column("event", sa.Column("registration", sa.String(length=64), nullable=True))
    _name_units()
    _make_index("ix_event_registration", "registration", OF_A_UNIT)
    op.drop_index("ix_event_trail", table_name="event")
    _make_index("ix_event_trail", "document", IN_TRAIL)


def downgrade() -> None:
    op.drop_index("ix_event_trail", table_name="event")
    _make_index("ix_event_trail", "document", IN_TRAIL_BEFORE)
    op.drop_index("ix_event_registration", table_name="event")
    op.drop_column("event", "registration")
    op.drop_column("registration", "sold_before")


def _remember_sales() -> None:
    """Write down what the second sales that count were sold over: the newest unit that gave way.

    One that was removed stays without: whether its reason was about a sale can't be told, and a supervisor can say so
    anew.
    """
    unit = sa.table("registration", *map(sa.column, ("position", "id", "item", "key", "live", "returned")))
    again = sa.table("registration", *map(sa.column, ("item", "key", "live", "returned", "sold_before")))
    before = unit.alias("before")
    gave_way = (before.c.item == again.c.item, before.c.key == again.c.key, before.c.live, before.c.returned)
    newest = sa.select(before.c.id).where(*gave_way).order_by(before.c.position.desc()).limit(1)
    op.execute(
        sa.update(again)
        .where(again.c.live, sa.not_(again.c.returned), sa.exists().where(*gave_way))
        .values(sold_before=newest.scalar_subquery())
    )


def _name_units() -> None:
    """Give the events that name a unit its name in a column of its own, out of the body as it was stored."""
    event = sa.table("event", *map(sa.column, ("type", "body", "registration")))
    sqlite = op.get_bind().dialect.name == "sqlite"
    body = sa.type_coerce(event.c.body, sa.JSON) if sqlite else sa.cast(event.c.body, sa.JSON)
    op.execute(
        sa.update(event).where(event.c.type.in_(ABOUT_A_UNIT)).values(registration=body["registration"].as_string())
    )


def _make_index(name: str, column: str, where: sa.ColumnElement[bool] | sa.TextClause) -> None:
    op.create_index(name, "event", [column], unique=False, sqlite_where=where, postgresql_where=where)
