"""A real backend with items that take nearly any text, so that hostile codes are kept and have to be shown."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import backend, demo_database, make_backend, scanner, start  # noqa: F401
from tests.e2e.shift import BIN, environment

OPEN, BLANK, PLAIN = "OPEN-1", "OPEN-2", "PLAIN-1"
"""Items: one takes any text that can be seen; one may miss serials, too; one takes printable ASCII (D2)."""
SLIP, READY, ASCII_SLIP = "PS-9000", "PS-9001", "PS-9002"
"""Slips of 20,000 units: of `OPEN`; of `BLANK`, which can be posted at any time; of `PLAIN`."""

DATA = {
    "items.csv": "number,description,tracking_group,longest,non_ascii,case_sensitive\n"
    f"{OPEN},Takes anything,SN-SALES,100,true,true\n"
    f"{BLANK},May miss serials,SN-BLANK,100,true,true\n"
    f"{PLAIN},Takes ASCII,SN-SALES,50,false,false\n",
    "orders.csv": "number,customer,site\nSO-9000,Hostile Ltd,HAMBURG\n",
    "order_lines.csv": "order,number,item,units\n"
    f"SO-9000,1,{OPEN},60000\nSO-9000,2,{BLANK},60000\nSO-9000,3,{PLAIN},60000\n",
    "slips.csv": f"number,order,status\n{SLIP},SO-9000,draft\n{READY},SO-9000,draft\n{ASCII_SLIP},SO-9000,draft\n",
    "slip_lines.csv": "document,number,order_line,units,location\n"
    f"{SLIP},1,1,20000,X\n{READY},1,2,20000,X\n{ASCII_SLIP},1,3,20000,X\n",
}


@pytest.fixture(scope="session")
def database(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """The demo's data and ours, imported as anybody would."""
    directory = tmp_path_factory.mktemp("hostile")
    shutil.copytree(demo_database, directory / "backend")
    csv = directory / "csv"
    csv.mkdir()
    for name, text in DATA.items():
        (csv / name).write_text(text)
    database = f"sqlite:///{directory / 'backend' / 'backend.db'}"
    command = [str(BIN / "server-stub"), "import", str(csv), "--database", database]
    subprocess.run(command, check=True, capture_output=True, env=environment(directory, {}))
    return directory / "backend"
