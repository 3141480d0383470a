"""What the journal's database looks like, and how an older one becomes like it.

Pages are 1 KiB: a scan writes about nine of them, 10 KB instead of the 31 KB that pages of 4 KiB would take, which
a handheld's flash feels.
"""

from __future__ import annotations

import apsw

FILE = "journal.db"
SCHEMA_VERSION = 4
PAGE_BYTES = 1024
"""Size of a database page; it counts only when the file is made."""
_NEEDED = frozenset({"meta", "event", "registration", "slip", "line", "heard", "problem"})
NEEDED = {1: _NEEDED, 2: _NEEDED | {"draw"}, 3: _NEEDED | {"draw"}, 4: _NEEDED | {"draw", "recall"}}
"""Tables without which a file is not a journal, by version."""

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (
  sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, document TEXT NOT NULL,
  line INTEGER, registration TEXT, serial TEXT, operator TEXT NOT NULL, recorded_at TEXT NOT NULL,
  body TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending', void INTEGER NOT NULL DEFAULT 0,
  undone INTEGER NOT NULL DEFAULT 0, answer TEXT);
CREATE INDEX event_to_undo ON event (document, operator) WHERE undone = 0 AND registration IS NOT NULL;
CREATE TABLE registration (
  place INTEGER PRIMARY KEY, id TEXT NOT NULL, document TEXT NOT NULL, line INTEGER NOT NULL, item TEXT NOT NULL,
  serial TEXT, key TEXT, operator TEXT NOT NULL, terminal TEXT NOT NULL, recorded_at TEXT NOT NULL,
  live INTEGER NOT NULL, sequence INTEGER, lot TEXT NOT NULL, expiry TEXT NOT NULL, package TEXT NOT NULL,
  invoice TEXT NOT NULL DEFAULT '', invoiced INTEGER NOT NULL DEFAULT 0,
  came_from TEXT NOT NULL DEFAULT '', returned INTEGER NOT NULL DEFAULT 0,
  sold_before TEXT NOT NULL DEFAULT '', gtin TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX registration_id ON registration (id);
CREATE UNIQUE INDEX registration_holder ON registration (item, key)
  WHERE live = 1 AND key IS NOT NULL AND returned = 0;
CREATE INDEX registration_on_line ON registration (document, line) WHERE live = 1;
CREATE INDEX registration_blank ON registration (document, line) WHERE live = 1 AND key IS NULL;
CREATE INDEX registration_drawn ON registration (invoice, document, line) WHERE live = 1 AND invoice <> '';
CREATE INDEX registration_sold_before ON registration (item, key) WHERE live = 1 AND returned = 1;
CREATE TABLE slip (
  number TEXT PRIMARY KEY, sales_order TEXT NOT NULL, customer TEXT NOT NULL, status TEXT NOT NULL,
  site TEXT NOT NULL, kind TEXT NOT NULL, loaded INTEGER NOT NULL DEFAULT 0,
  posted_at TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
CREATE INDEX slip_of_order ON slip (sales_order);
CREATE TABLE line (
  document TEXT NOT NULL, number INTEGER NOT NULL, item TEXT NOT NULL, description TEXT NOT NULL,
  units INTEGER NOT NULL, tracking TEXT NOT NULL, catch_weight INTEGER NOT NULL, order_line INTEGER NOT NULL,
  location TEXT NOT NULL, serials INTEGER NOT NULL DEFAULT 0, blanks INTEGER NOT NULL DEFAULT 0,
  at_server INTEGER NOT NULL DEFAULT 0, reversed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (document, number)) WITHOUT ROWID;
CREATE TABLE draw (
  invoice TEXT NOT NULL, slip TEXT NOT NULL, line INTEGER NOT NULL, units INTEGER NOT NULL, invoiced INTEGER NOT NULL,
  PRIMARY KEY (invoice, slip, line)) WITHOUT ROWID;
CREATE INDEX draw_on ON draw (slip);
CREATE TABLE sales_order (number TEXT PRIMARY KEY, customer TEXT NOT NULL, site TEXT NOT NULL, lines TEXT NOT NULL)
  WITHOUT ROWID;
CREATE TABLE item (number TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE item_reference (reference TEXT PRIMARY KEY, item TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE operator (id TEXT PRIMARY KEY, name TEXT NOT NULL, duties TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE recall (
  item TEXT NOT NULL, folded TEXT NOT NULL, serial TEXT NOT NULL, lot TEXT NOT NULL, reason TEXT NOT NULL,
  list TEXT NOT NULL, PRIMARY KEY (item, folded, serial, lot)) WITHOUT ROWID;
CREATE TABLE sign_in (
  operator TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL, at REAL NOT NULL, failures INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE heard (place INTEGER PRIMARY KEY, after_sequence INTEGER NOT NULL, changes TEXT NOT NULL);
CREATE TABLE problem (
  sequence INTEGER PRIMARY KEY, details TEXT NOT NULL DEFAULT '[]', heard_at TEXT NOT NULL,
  put_away_at TEXT, put_away_by TEXT);
CREATE INDEX problem_open ON problem (sequence) WHERE put_away_at IS NULL;
CREATE INDEX slip_named ON slip (number COLLATE NOCASE);
CREATE INDEX sales_order_named ON sales_order (number COLLATE NOCASE);
CREATE INDEX item_named ON item (number COLLATE NOCASE);
CREATE INDEX item_reference_named ON item_reference (reference COLLATE NOCASE);
CREATE INDEX operator_named ON operator (id COLLATE NOCASE);
CREATE INDEX line_location ON line (location COLLATE NOCASE) WHERE location <> '';
"""

UPGRADES = {
    1: """
ALTER TABLE registration ADD COLUMN invoice TEXT NOT NULL DEFAULT '';
ALTER TABLE registration ADD COLUMN invoiced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE registration ADD COLUMN came_from TEXT NOT NULL DEFAULT '';
ALTER TABLE registration ADD COLUMN returned INTEGER NOT NULL DEFAULT 0;
DROP INDEX registration_holder;
CREATE UNIQUE INDEX registration_holder ON registration (item, key)
  WHERE live = 1 AND key IS NOT NULL AND returned = 0;
CREATE INDEX registration_drawn ON registration (invoice, document, line) WHERE live = 1 AND invoice <> '';
CREATE INDEX registration_sold_before ON registration (item, key) WHERE live = 1 AND returned = 1;
ALTER TABLE slip ADD COLUMN posted_at TEXT NOT NULL DEFAULT '';
CREATE INDEX slip_of_order ON slip (sales_order);
ALTER TABLE line ADD COLUMN reversed INTEGER NOT NULL DEFAULT 0;
CREATE TABLE draw (
  invoice TEXT NOT NULL, slip TEXT NOT NULL, line INTEGER NOT NULL, units INTEGER NOT NULL, invoiced INTEGER NOT NULL,
  PRIMARY KEY (invoice, slip, line)) WITHOUT ROWID;
CREATE INDEX draw_on ON draw (slip);
""",
    2: """
ALTER TABLE registration ADD COLUMN sold_before TEXT NOT NULL DEFAULT '';
UPDATE registration SET sold_before = before.id
  FROM (SELECT item, key, id, max(place) FROM registration WHERE live = 1 AND returned = 1 GROUP BY item, key) before
  WHERE live = 1 AND returned = 0 AND registration.item = before.item AND registration.key = before.key;
""",
    3: """
ALTER TABLE registration ADD COLUMN gtin TEXT NOT NULL DEFAULT '';
CREATE TABLE recall (
  item TEXT NOT NULL, folded TEXT NOT NULL, serial TEXT NOT NULL, lot TEXT NOT NULL, reason TEXT NOT NULL,
  list TEXT NOT NULL, PRIMARY KEY (item, folded, serial, lot)) WITHOUT ROWID;
CREATE INDEX slip_named ON slip (number COLLATE NOCASE);
CREATE INDEX sales_order_named ON sales_order (number COLLATE NOCASE);
CREATE INDEX item_named ON item (number COLLATE NOCASE);
CREATE INDEX item_reference_named ON item_reference (reference COLLATE NOCASE);
CREATE INDEX operator_named ON operator (id COLLATE NOCASE);
CREATE INDEX line_location ON line (location COLLATE NOCASE) WHERE location <> '';
""",
}
"""What makes a journal of one version one of the next. Nothing in it rewrites what is stored; a second sale that counts
learns which sale it came after (S22). One that was removed does not: it is registered again with a supervisor."""


def upgrade(connection: apsw.Connection) -> None:
    """Bring a journal of an older version up to date, inside the running transaction."""
    version = connection.pragma("user_version")
    for each in range(version, SCHEMA_VERSION):
        connection.execute(UPGRADES[each])
    if version < SCHEMA_VERSION:
        connection.pragma("user_version", SCHEMA_VERSION)
