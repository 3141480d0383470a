"""The backend's tables, as SQLAlchemy Core: one picture of them stands in this folder's README.

Times are text, RFC 3339 in UTC with milliseconds and `Z` (D12), so that the order of the text is the order of time.
JSON is text too: a stored answer is repeated byte for byte. Room for lot, expiry, package, location and site is kept.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    false,
    func,
    literal_column,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every table; migrations are compared with it by a test."""


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


tracking_group = Table(
    "tracking_group",
    metadata,
    Column("code", String(64), primary_key=True),
    _flag("active_in_sales_process"),
    _flag("serial_number_control"),
    _flag("blank_issue_allowed"),
    Column("other_options", Text, nullable=False),
)
"""Tracking dimension groups as they are in force (S1, S2); `other_options` are words between spaces."""

item = Table(
    "item",
    metadata,
    Column("number", String(64), primary_key=True),
    Column("description", Text, nullable=False),
    Column("tracking_group", ForeignKey("tracking_group.code"), nullable=False, index=True),
    _flag("blocked"),
    _flag("catch_weight"),
    Column("mask", String(200), nullable=False),
    Column("shortest", Integer, nullable=False),
    Column("longest", Integer, nullable=False),
    Column("signs", String(64)),
    _flag("case_sensitive"),
    _flag("non_ascii"),
    Column("tracking_mode", String(16), nullable=False),
    Column("warranty_months", Integer, nullable=False),
    Column("service_months", Integer, nullable=False),
    Column("case", String(8), nullable=False),
)
"""Products with the form of their serials (D2); lengths in characters. Months count from the invoice (S18)."""

item_reference = Table(
    "item_reference",
    metadata,
    Column("reference", String(100), primary_key=True),
    Column("item", ForeignKey("item.number"), nullable=False, index=True),
)
"""Barcodes, GTINs and other numbers that find an item (I10)."""

recall = Table(
    "recall",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("item", ForeignKey("item.number"), nullable=False),
    Column("folded", String(400), nullable=False),
    Column("serial", String(100), nullable=False),
    Column("lot", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("item", "folded", "serial", "lot"),
)
"""Recalled units (I9): one serial, or a lot; the other is empty. `folded` is what they are found by."""

operator = Table(
    "operator",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("duties", Text, nullable=False),
    Column("pin_hash", Text),
)
"""Who may work (S17): duties are words between spaces, the PIN is an argon2id hash, without one nobody signs in."""

pin_failure = Table(
    "pin_failure",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("subject", String(80), nullable=False),
    Column("at", String(24), nullable=False),
    Index("ix_pin_failure_subject_at", "subject", "at"),
)
"""Wrong PINs per operator and per terminal (`operator 1001`, `terminal T1`): a restart does not forget them."""

sales_order = Table(
    "sales_order",
    metadata,
    Column("number", String(64), primary_key=True),
    Column("customer", Text, nullable=False),
    Column("site", String(64), nullable=False),
)
"""What customers ordered."""

order_line = Table(
    "order_line",
    metadata,
    Column("order", ForeignKey("sales_order.number"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("item", ForeignKey("item.number"), nullable=False, index=True),
    Column("units", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("negative", Integer, nullable=False),
)
"""Lines of orders, in units; `taken` are on slips already (S13), `negative` were shipped and taken back (S10)."""

slip = Table(
    "slip",
    metadata,
    Column("number", String(64), primary_key=True),
    Column("order", String(64), nullable=False, index=True),
    Column("customer", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("site", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("changed_at", String(24), nullable=False, index=True),
    Column("posted_at", String(24)),
)
"""Packing slips, invoices and counter sales; `changed_at`: made, a line of it reversed, or its status changed."""

slip_line = Table(
    "slip_line",
    metadata,
    Column("document", ForeignKey("slip.number"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("item", ForeignKey("item.number"), nullable=False, index=True),
    Column("description", Text, nullable=False),
    Column("units", Integer, nullable=False),
    Column("tracking_group", String(64), nullable=False),
    _flag("active_in_sales_process"),
    _flag("serial_number_control"),
    _flag("blank_issue_allowed"),
    Column("other_options", Text, nullable=False),
    _flag("catch_weight"),
    Column("order_line", Integer, nullable=False),
    Column("location", String(64)),
    Column("serials", Integer, nullable=False),
    Column("blanks", Integer, nullable=False),
    _flag("reversed"),
    Column("invoiced", Integer, nullable=False),
)
"""Lines of slips with their frozen tracking flags (D8); `serials` and `blanks` count the live registrations.

`reversed`: in full (S11); `invoiced`: units of a slip's line that posted invoices charge (S14).
"""
Index(
    "ix_slip_line_not_invoiced",
    slip_line.c.document,
    sqlite_where=and_(slip_line.c.reversed == false(), slip_line.c.invoiced < slip_line.c.units),
    postgresql_where=and_(slip_line.c.reversed == false(), slip_line.c.invoiced < slip_line.c.units),
)

registration = Table(
    "registration",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("document", String(64), nullable=False),
    Column("line", Integer, nullable=False),
    Column("item", String(64), nullable=False),
    Column("serial", String(100)),
    Column("key", String(400)),
    Column("operator", String(64), nullable=False),
    Column("terminal", String(64), nullable=False),
    Column("recorded_at", String(40), nullable=False),
    _flag("live"),
    Column("lot", Text, nullable=False),
    Column("expiry", Text, nullable=False),
    Column("package", Text, nullable=False),
    Column("location", String(64)),
    Column("site", String(64)),
    Column("invoice", String(64)),
    _flag("invoiced"),
    Column("came_from", String(64)),
    _flag("returned"),
    Column("sold_before", String(64)),
    Column("gtin", String(14), nullable=False),
    ForeignKeyConstraint(["document", "line"], ["slip_line.document", "slip_line.number"]),
)
"""Units' entries, named by the event that made them (D1); `key` is the compared serial (D2), null for a blank (S8).

`invoice` draws on the unit (D9), `invoiced` once it is posted (S10); `came_from` is a reversed slip (S12); a `returned`
unit was sold again, by the one that names it in `sold_before` (S22). `gtin`, `lot` and `expiry` were read along with
the serial.
"""

_live = registration.c.live == true()
_live_serial = and_(_live, registration.c.key.is_not(None), registration.c.returned == false())
_live_drawn = and_(_live, registration.c.invoice.is_not(None))
_live_blank = and_(_live, registration.c.key.is_(None))
Index(
    "uq_registration_live_serial",
    registration.c.item,
    registration.c.key,
    unique=True,
    sqlite_where=_live_serial,
    postgresql_where=_live_serial,
)  # S22 is kept by the database as well
Index(
    "ix_registration_live_document",
    registration.c.document,
    registration.c.line,
    sqlite_where=_live,
    postgresql_where=_live,
)
Index(
    "ix_registration_live_blank",
    registration.c.document,
    registration.c.line,
    registration.c.position,
    sqlite_where=_live_blank,
    postgresql_where=_live_blank,
)
Index(
    "ix_registration_live_invoice",
    registration.c.invoice,
    sqlite_where=_live_drawn,
    postgresql_where=_live_drawn,
)
_serial = registration.c.key.is_not(None)
Index(
    "ix_registration_key",
    registration.c.key,
    sqlite_where=_serial,
    postgresql_where=_serial,
)  # a serial is traced over all items (S18)
_open_blank = and_(_live_blank, registration.c.invoiced == false())
Index(
    "ix_registration_open_blank",
    registration.c.position,
    sqlite_where=_open_blank,
    postgresql_where=_open_blank,
)

former_serial = Table(
    "former_serial",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("registration", String(64), nullable=False),
    Column("key", String(400), nullable=False, index=True),
)
"""Serials that were corrected away, as they are compared: whoever still asks for one finds the unit (S10, S18)."""

draw = Table(
    "draw",
    metadata,
    Column("invoice", ForeignKey("slip.number"), primary_key=True),
    Column("slip", String(64), primary_key=True, index=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("units", Integer, nullable=False),
    _flag("invoiced"),
    ForeignKeyConstraint(["slip", "line"], ["slip_line.document", "slip_line.number"]),
)
"""Units of slips' lines that invoices take and that have no registration (S4, S14)."""

event = Table(
    "event",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("terminal", String(64), nullable=False),
    Column("epoch", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("digest", String(40), nullable=False),
    Column("type", String(32), nullable=False),
    Column("document", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("recorded_at", String(40), nullable=False),
    Column("received_at", String(24), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("answer", Text, nullable=False),
    _flag("void"),
    _flag("undone"),
    Column("registration", String(64)),
    UniqueConstraint("terminal", "epoch", "sequence"),
    Index("ix_event_document_operator_position", "document", "operator", "position"),
)
"""The inbox: every event that was ever answered, with the answer, for ever. It is the trail of each registration.

`registration` is the unit that an event removed, brought back or corrected; the event that made it bears its name (D1).
"""

_of_a_unit = event.c.registration.is_not(None)
Index("ix_event_registration", event.c.registration, sqlite_where=_of_a_unit, postgresql_where=_of_a_unit)

in_trail = event.c.type.in_(
    [
        literal_column(f"'{each}'")  # as it stands in the index: a database compares the texts
        for each in ("posting-requested", "slip-drafted", "slip-reversed")
    ]
)
"""What can happen to all units of a document at once, beside their being drawn on and given back: few events of it."""
Index("ix_event_trail", event.c.document, sqlite_where=in_trail, postgresql_where=in_trail)

cursor = Table(
    "cursor",
    metadata,
    Column("terminal", String(64), primary_key=True),
    Column("epoch", String(64), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("prefix_number", Integer, unique=True),
)
"""The last sequence held of a terminal and epoch, and the number in the prefix of the slips drafted there (S13)."""

terminal = Table(
    "terminal",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("token_hash", String(64), unique=True),
    Column("enrolled_at", String(24), nullable=False),
    Column("site", String(64)),
)
"""Enrolled terminals (D10); only the SHA-256 of their token is kept, none once it is revoked."""

enrolment_code = Table(
    "enrolment_code",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("expires_at", String(24), nullable=False),
    Column("site", String(64)),
    Column("used_by", String(64)),
)
"""Codes that bind one terminal each, for a few minutes (D10); only their SHA-256 is kept."""

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("operator", ForeignKey("operator.id"), nullable=False, index=True),
    Column("terminal", String(64), nullable=False),
    Column("expires_at", String(24), nullable=False, index=True),
)
"""Signed-in operators; only the SHA-256 of the token is kept."""

policy = Table(
    "policy",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("time_zone", String(64), nullable=False),
    Column("over_scan", String(16), nullable=False),
    _flag("offline_posting"),
    _flag("acknowledge_errors"),
    Column("correction_reasons", Text, nullable=False),
    _flag("print_at_posting"),
)
"""What a site decides for itself (D7); reasons are separated by `|`."""

site_key = Table(
    "site_key",
    metadata,
    Column("site", String(64), primary_key=True),
    Column("command_key", String(64), nullable=False),
)
"""The secret of each site's command barcodes, in hex; not with the policies, so that nothing lists it with them."""

audit = Table(
    "audit",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("at", String(24), nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("terminal", Text, nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
"""Who did what, only ever added to; single registrations have their trail in `event`."""

revision = Table(
    "revision",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("number", Integer, nullable=False),
)
"""Counts the changes of master data, so that a running server notices an import by another process.

The one of `recalls` only names the present list of recalls, by chance: after a backup it is another one, too.
"""

for _named in (
    *(item.c.number, item_reference.c.reference, slip.c.number, sales_order.c.number, operator.c.id),
    slip_line.c.location,
):
    _there = _named.is_not(None) if _named.nullable else None
    Index(
        f"ix_{_named.table.name}_{_named.name}_small",
        func.lower(_named),
        sqlite_where=_there,
        postgresql_where=_there,
    )  # what a wrong label may name, whatever the case of its letters (I10)
