"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# conditions of partial indexes, written so that each database spells its own booleans
LIVE = sa.column("live", sa.Boolean()) == sa.true()
LIVE_SERIAL = sa.and_(LIVE, sa.column("key").is_not(None))
LIVE_BLANK = sa.and_(LIVE, sa.column("key").is_(None))


def upgrade() -> None:

    op.create_table(
        "audit",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=24), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("terminal", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "cursor",
        sa.Column("terminal", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("prefix_number", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("terminal", "epoch", name=op.f("pk_cursor")),
        sa.UniqueConstraint("prefix_number", name=op.f("uq_cursor_prefix_number")),
    )
    op.create_table(
        "enrolment_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.String(length=24), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.Column("used_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment_code")),
    )
    op.create_table(
        "event",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("terminal", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_event")),
        sa.UniqueConstraint("id", name=op.f("uq_event_id")),
        sa.UniqueConstraint("terminal", "epoch", "sequence", name=op.f("uq_event_terminal_epoch_sequence")),
    )
    op.create_index("ix_event_document_operator_position", "event", ["document", "operator", "position"], unique=False)
    op.create_table(
        "operator",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duties", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
    )
    op.create_table(
        "pin_failure",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("at", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_pin_failure")),
    )
    op.create_index("ix_pin_failure_subject_at", "pin_failure", ["subject", "at"], unique=False)
    op.create_table(
        "policy",
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("over_scan", sa.String(length=16), nullable=False),
        sa.Column("offline_posting", sa.Boolean(), nullable=False),
        sa.Column("acknowledge_errors", sa.Boolean(), nullable=False),
        sa.Column("correction_reasons", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("site", name=op.f("pk_policy")),
    )
    op.create_table(
        "revision",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_revision")),
    )
    op.create_table(
        "sales_order",
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sales_order")),
    )
    op.create_table(
        "slip",
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("order", sa.String(length=64), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("changed_at", sa.String(length=24), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_slip")),
    )
    op.create_index(op.f("ix_slip_changed_at"), "slip", ["changed_at"], unique=False)
    op.create_index(op.f("ix_slip_order"), "slip", ["order"], unique=False)
    op.create_table(
        "terminal",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("enrolled_at", sa.String(length=24), nullable=False),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_terminal_token_hash")),
    )
    op.create_table(
        "tracking_group",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("active_in_sales_process", sa.Boolean(), nullable=False),
        sa.Column("serial_number_control", sa.Boolean(), nullable=False),
        sa.Column("blank_issue_allowed", sa.Boolean(), nullable=False),
        sa.Column("other_options", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_tracking_group")),
    )
    op.create_table(
        "item",
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tracking_group", sa.String(length=64), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("catch_weight", sa.Boolean(), nullable=False),
        sa.Column("mask", sa.String(length=200), nullable=False),
        sa.Column("shortest", sa.Integer(), nullable=False),
        sa.Column("longest", sa.Integer(), nullable=False),
        sa.Column("signs", sa.String(length=64), nullable=True),
        sa.Column("case_sensitive", sa.Boolean(), nullable=False),
        sa.Column("non_ascii", sa.Boolean(), nullable=False),
        sa.Column("tracking_mode", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["tracking_group"], ["tracking_group.code"], name=op.f("fk_item_tracking_group")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_item")),
    )
    op.create_index(op.f("ix_item_tracking_group"), "item", ["tracking_group"], unique=False)
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("operator", sa.String(length=64), nullable=False),
        sa.Column("terminal", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(["operator"], ["operator.id"], name=op.f("fk_session_operator")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_expires_at"), "session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_session_operator"), "session", ["operator"], unique=False)
    op.create_table(
        "item_reference",
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.number"], name=op.f("fk_item_reference_item")),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_item_reference")),
    )
    op.create_index(op.f("ix_item_reference_item"), "item_reference", ["item"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("order", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.number"], name=op.f("fk_order_line_item")),
        sa.ForeignKeyConstraint(["order"], ["sales_order.number"], name=op.f("fk_order_line_order")),
        sa.PrimaryKeyConstraint("order", "number", name=op.f("pk_order_line")),
    )
    op.create_index(op.f("ix_order_line_item"), "order_line", ["item"], unique=False)
    op.create_table(
        "slip_line",
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("tracking_group", sa.String(length=64), nullable=False),
        sa.Column("active_in_sales_process", sa.Boolean(), nullable=False),
        sa.Column("serial_number_control", sa.Boolean(), nullable=False),
        sa.Column("blank_issue_allowed", sa.Boolean(), nullable=False),
        sa.Column("other_options", sa.Text(), nullable=False),
        sa.Column("catch_weight", sa.Boolean(), nullable=False),
        sa.Column("order_line", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=64), nullable=True),
        sa.Column("serials", sa.Integer(), nullable=False),
        sa.Column("blanks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["slip.number"], name=op.f("fk_slip_line_document")),
        sa.ForeignKeyConstraint(["item"], ["item.number"], name=op.f("fk_slip_line_item")),
        sa.PrimaryKeyConstraint("document", "number", name=op.f("pk_slip_line")),
    )
    op.create_index(op.f("ix_slip_line_item"), "slip_line", ["item"], unique=False)
    op.create_table(
        "registration",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=100), nullable=True),
        sa.Column("key", sa.String(length=400), nullable=True),
        sa.Column("operator", sa.String(length=64), nullable=False),
        sa.Column("terminal", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.String(length=40), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("expiry", sa.Text(), nullable=False),
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("location", sa.String(length=64), nullable=True),
        sa.Column("site", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["document", "line"], ["slip_line.document", "slip_line.number"], name=op.f("fk_registration_document_line")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_registration")),
        sa.UniqueConstraint("id", name=op.f("uq_registration_id")),
    )
    op.create_index(
        "ix_registration_live_blank",
        "registration",
        ["document", "line", "position"],
        unique=False,
        sqlite_where=LIVE_BLANK,
        postgresql_where=LIVE_BLANK,
    )
    op.create_index(
        "ix_registration_live_document",
        "registration",
        ["document", "line"],
        unique=False,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index(
        "uq_registration_live_serial",
        "registration",
        ["item", "key"],
        unique=True,
        sqlite_where=LIVE_SERIAL,
        postgresql_where=LIVE_SERIAL,
    )
    # ### end Alembic commands ###


def downgrade() -> None:

    op.drop_index(
        "uq_registration_live_serial",
        table_name="registration",
        sqlite_where=LIVE_SERIAL,
        postgresql_where=LIVE_SERIAL,
    )
    op.drop_index("ix_registration_live_document", table_name="registration", sqlite_where=LIVE, postgresql_where=LIVE)
    op.drop_index(
        "ix_registration_live_blank",
        table_name="registration",
        sqlite_where=LIVE_BLANK,
        postgresql_where=LIVE_BLANK,
    )
    op.drop_table("registration")
    op.drop_index(op.f("ix_slip_line_item"), table_name="slip_line")
    op.drop_table("slip_line")
    op.drop_index(op.f("ix_order_line_item"), table_name="order_line")
    op.drop_table("order_line")
    op.drop_index(op.f("ix_item_reference_item"), table_name="item_reference")
    op.drop_table("item_reference")
    op.drop_index(op.f("ix_session_operator"), table_name="session")
    op.drop_index(op.f("ix_session_expires_at"), table_name="session")
    op.drop_table("session")
    op.drop_index(op.f("ix_item_tracking_group"), table_name="item")
    op.drop_table("item")
    op.drop_table("tracking_group")
    op.drop_table("terminal")
    op.drop_index(op.f("ix_slip_order"), table_name="slip")
    op.drop_index(op.f("ix_slip_changed_at"), table_name="slip")
    op.drop_table("slip")
    op.drop_table("sales_order")
    op.drop_table("revision")
    op.drop_table("policy")
    op.drop_index("ix_pin_failure_subject_at", table_name="pin_failure")
    op.drop_table("pin_failure")
    op.drop_table("operator")
    op.drop_index("ix_event_document_operator_position", table_name="event")
    op.drop_table("event")
    op.drop_table("enrolment_code")
    op.drop_table("cursor")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
    # ### end Alembic commands ###
