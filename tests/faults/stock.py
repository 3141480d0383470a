"""What every simulated shift begins with: a small shop, people, and a place in memory for its databases."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from server_stub.database import open_database
from server_stub.imports import import_path
from server_stub.schema_version import upgrade

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
OPERATORS = ("1001", "1002", "1003")
PIN = "1111"
ORDERS = ("SO-1", "SO-2")
ITEMS = ("PUMP", "VALVE")
_CSV = {
    "tracking_groups": """code,active_in_sales_process,serial_number_control,blank_issue_allowed
SERIAL,true,true,false
LOOSE,true,true,true
""",
    "items": "number,description,tracking_group\nPUMP,A pump,SERIAL\nVALVE,A valve,LOOSE\n",
    "operators": "id,name,duties\n"
    + "".join(
        f"{who},Operator {who},register post correct-serials register-unreadable override\n" for who in OPERATORS
    ),
    "recalls": "item,serial,lot,reason\nPUMP,RECALLED,,Leaks\n",
    "policies": "site,time_zone\nHAMBURG,Europe/Berlin\n",
    "orders": "number,customer,site\nSO-1,ACME,HAMBURG\nSO-2,Bolt,HAMBURG\n",
    "order_lines": "order,number,item,units\nSO-1,1,PUMP,12\nSO-1,2,VALVE,9\nSO-2,1,PUMP,8\n",
    "slips": "number,order,status\nPS-1,SO-1,draft\nPS-2,SO-1,draft\nPS-3,SO-2,draft\n",
    "slip_lines": """document,number,order_line,units
PS-1,1,1,3
PS-1,2,2,2
PS-2,1,1,2
PS-3,1,1,3
""",
}


class Died(BaseException):
    """A process was killed: nothing in it goes on."""


class NeverRests(AssertionError):
    """A sender goes on and on without any time passing."""


@cache
def memory() -> Path:
    """Give a place for databases that is memory: what is tried here is not the disk."""
    shared = Path("/dev/shm")
    found = Path(tempfile.mkdtemp(prefix="shift-", dir=shared if os.access(shared, os.W_OK) else None))
    import atexit

    atexit.register(shutil.rmtree, found, ignore_errors=True)
    return found


@cache
def stocked() -> Path:
    """Make the server's database once; each shift begins with a copy."""
    directory = memory() / "stock"
    directory.mkdir()
    for name, text in _CSV.items():
        (directory / f"{name}.csv").write_text(text)
    engine = open_database(f"sqlite:///{directory}/server.db")
    upgrade(engine)
    import_path(engine, None, directory)
    engine.dispose()
    return directory / "server.db"
