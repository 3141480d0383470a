"""The secret of each site, which signs its command barcodes: made here, sent with the master data, shown to nobody.

A customer's label can't be a command, because nobody but the site's terminals knows the key. Whoever has a printed
sheet can use its commands, though: where one is lost, the site gets a new key, and all its sheets are printed anew.
"""

from __future__ import annotations

from secrets import token_hex

from sqlalchemy import Connection, bindparam, insert, select, update

from server_stub.prepared import Driver, Prepared
from server_stub.tables import policy, site_key

KEY_BYTES = 32
"""Bytes of a key, all of them random."""

_KEY = Prepared(select(site_key.c.command_key).where(site_key.c.site == bindparam("site")))


def key_of(driver: Driver, site: str) -> bytes:
    """Give a site's key. The nameless site, of a backend where none has policies, has one from the beginning."""
    row = driver.one(_KEY, {"site": site})
    return b"" if row is None else bytes.fromhex(row[0])


def give_keys(connection: Connection) -> None:
    """Make a key for each site that has policies and no key yet."""
    without = select(policy.c.site).where(policy.c.site.not_in(select(site_key.c.site)))
    for site in connection.execute(without).scalars().all():
        connection.execute(insert(site_key).values(site=site, command_key=token_hex(KEY_BYTES)))


def change_key(connection: Connection, site: str) -> None:
    """Put a new key in the place of a site's old one."""
    connection.execute(update(site_key).where(site_key.c.site == site).values(command_key=token_hex(KEY_BYTES)))
