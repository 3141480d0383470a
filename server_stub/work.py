"""What a job has at hand inside a write transaction."""

from __future__ import annotations

from server_stub import clock
from server_stub.inbox import Inbox
from server_stub.live import Change
from server_stub.masterdata import MasterData
from server_stub.prepared import Driver
from server_stub.records import SqlRecords
from server_stub.writing import Books


class Work:
    """One write transaction: the tables through their rooms, and the moment it began."""

    def __init__(self, driver: Driver, master: MasterData) -> None:
        self.driver = driver
        self.master = master
        self.inbox = Inbox(self.driver)
        self.books = Books(self.driver, SqlRecords(self.driver, master))
        self.now = clock.now()
        self.changed: set[Change] = set()
        """What is told to whoever listens, after the commit; a job that was taken back may have left something."""
        master.refresh(self.driver)
