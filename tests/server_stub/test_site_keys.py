"""The secret of each site's command barcodes: made without being asked for, told to terminals, shown nowhere else."""

from __future__ import annotations

import sqlite3

import pytest
from alembic import command

from server_stub import schema_version
from server_stub.database import open_database, writing
from server_stub.schema_version import upgrade

from .conftest import Backend, Terminal

POLICIES = "site,over_scan\nA,warn\nB,refuse\n"


def keys_of(path: object) -> dict[str, str]:
    with sqlite3.connect(str(path)) as connection:
        found = dict(connection.execute("select site, command_key from site_key").fetchall())
    connection.close()
    return found


def master(at: Terminal) -> dict[str, object]:
    answer = at.http.get(f"/v1/terminals/{at.name}/master", params={"epoch": at.epoch})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def enrolled(backend: Backend, site: str) -> Terminal:
    """A terminal that is bound to a site."""
    code = backend.run("terminal", "code", "--site", site).stdout.strip()
    at = backend.terminal()
    answer = at.http.post("/v1/enrolments", json={"code": code, "terminal": at.name})
    return backend.terminal(at.name, answer.json()["token"])


@pytest.fixture(scope="module")
def two_sites(start, stub, tmp_path_factory) -> Backend:
    """A server that asks for device tokens, with two sites."""
    directory = tmp_path_factory.mktemp("sites")
    database = f"sqlite:///{directory}/backend.db"
    assert stub("init", database=database).returncode == 0
    (directory / "policies.csv").write_text(POLICIES)
    assert stub("import", "policies", str(directory / "policies.csv"), database=database).returncode == 0
    return start("--host", "127.0.0.1", database=database)


def test_each_site_has_a_key_of_its_own_from_its_import_on_and_keeps_it(tmp_path, stub, csv):
    path = tmp_path / "new.db"
    database = f"sqlite:///{path}"
    assert stub("init", database=database).returncode == 0
    before = keys_of(path)
    assert list(before) == [""]  # for a backend where no site has policies
    for _again in range(2):
        assert stub("import", "policies", csv("policies.csv", POLICIES), database=database).returncode == 0
        keys = keys_of(path)
        assert sorted(keys) == ["", "A", "B"]
        before = {**keys, **before}
        assert keys == before
    assert len(set(keys.values())) == 3
    assert {len(bytes.fromhex(key)) for key in keys.values()} == {32}


def test_a_database_of_the_fifth_version_gets_keys(tmp_path, start):
    path = tmp_path / "fifth.db"
    engine = open_database(f"sqlite:///{path}")
    with writing(engine) as connection:
        command.upgrade(schema_version._config(connection), "0005")
        connection.exec_driver_sql("insert into policy values ('S', 'UTC', 'refuse', 1, 0, 'Typing error', 1)")
    upgrade(engine)
    engine.dispose()
    keys = keys_of(path)
    assert sorted(keys) == ["", "S"]
    assert {len(bytes.fromhex(key)) for key in keys.values()} == {32}
    told = master(start("--demo", database=f"sqlite:///{path}").terminal())
    assert (told["site"], told["command_key"]) == ("HAMBURG", keys_of(path)["HAMBURG"])  # the demo data are added


def test_a_backend_without_sites_has_a_key_as_well(tmp_path, start, stub):
    database = f"sqlite:///{tmp_path}/none.db"
    stub("init", database=database)
    told = master(enrolled(start("--host", "127.0.0.1", database=database), ""))
    assert (told["site"], told["command_key"]) == ("", keys_of(tmp_path / "none.db")[""])


def test_terminals_are_told_the_key_of_their_own_site_and_of_a_new_one_at_once(two_sites):
    path = two_sites.database.removeprefix("sqlite:///")
    first, second = (enrolled(two_sites, site) for site in "AB")
    keys = keys_of(path)
    assert (master(first)["command_key"], master(second)["command_key"]) == (keys["A"], keys["B"])
    several = two_sites.run("site", "new-key")
    assert (several.returncode, several.stderr) == (1, "server-stub: there are several sites; name one of A, B\n")
    unknown = two_sites.run("site", "new-key", "C")
    assert "there is no site 'C'" in unknown.stderr
    assert keys_of(path) == keys
    done = two_sites.run("site", "new-key", "B")
    assert (done.returncode, done.stderr) == (0, "")
    changed = keys_of(path)
    assert changed["A"] == keys["A"]
    assert changed["B"] != keys["B"]
    assert (master(first)["command_key"], master(second)["command_key"]) == (keys["A"], changed["B"])
    assert changed["B"] not in done.stdout
    noted = two_sites.run("export", "audit").stdout
    assert "site-new-key,B" in noted


def test_nobody_else_is_told_a_key(two_sites):
    at = enrolled(two_sites, "A")
    stranger = two_sites.terminal()
    assert stranger.http.get(f"/v1/terminals/{stranger.name}/master?epoch=e").status_code == 401
    keys = keys_of(two_sites.database.removeprefix("sqlite:///")).values()
    told = [
        two_sites.run("export", what, "--format", form)
        for what in ("registrations", "corrections", "audit", "events")
        for form in ("csv", "jsonl")
    ]
    told += [two_sites.run("terminal", "list"), two_sites.run("user", "list")]
    pages = [at.http.get(page) for page in ("/metrics", "/healthz", "/openapi.json", "/v1/documents")]
    assert [done.returncode for done in told] == [0] * len(told)
    assert [page.status_code for page in pages] == [200, 200, 200, 401]
    for text in [*(done.stdout + done.stderr for done in told), *(page.text for page in pages)]:
        assert not [key for key in keys if key in text]
