"""Documents in a folder."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from terminal.printing.delivery import deliver
from terminal.printing.files import file_name, write_file
from terminal.printing.pdf import as_pdf
from terminal.printing.printers import Folder
from terminal.printing.wording import PrintFault

from .samples import HOSTILE, document


def test_a_document_becomes_a_pdf_in_the_folder(tmp_path):
    said = deliver(Folder(str(tmp_path)), document("SN-1"))
    assert said == str(tmp_path / "packing-slip-PS-1042.pdf")
    assert Path(said).read_bytes() == as_pdf(document("SN-1"))
    assert [path.name for path in tmp_path.iterdir()] == ["packing-slip-PS-1042.pdf"]


def test_an_earlier_printing_is_kept_unless_told(tmp_path):
    printer = Folder(str(tmp_path))
    path = Path(deliver(printer, document("SN-1")))
    before = path.read_bytes()
    with pytest.raises(PrintFault) as fault:
        deliver(printer, document("SN-2"))
    assert str(fault.value) == f"{path} was printed before and is kept. Move it away to print again."
    assert path.read_bytes() == before
    deliver(printer, document("SN-2"), over=True)
    assert path.read_bytes() == as_pdf(document("SN-2"))
    assert len(list(tmp_path.iterdir())) == 1


def test_numbers_stay_in_the_folder_and_apart(tmp_path):
    numbers = [text for text in HOSTILE if len(text) < 60]
    for number in numbers:
        deliver(Folder(str(tmp_path)), document("SN-1", number=number))
    assert len(list(tmp_path.iterdir())) == len(numbers)
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*"))


def test_a_name_can_be_read_by_people():
    assert file_name(document(number="PS 10/42")) == "packing-slip-PS 10%2F42.pdf"


@pytest.mark.parametrize(
    ("folder", "reason"),
    [("gone", "No such file or directory"), ("plain", "Not a directory")],
)
def test_a_folder_that_takes_nothing_is_named(tmp_path, folder, reason):
    (tmp_path / "plain").write_text("a file")
    with pytest.raises(PrintFault) as fault:
        deliver(Folder(str(tmp_path / folder)), document("SN-1"))
    assert str(fault.value) == f"Nothing can be saved in {tmp_path / folder}: {reason}. Have the folder checked."


def test_a_number_too_long_for_a_file_is_a_fault(tmp_path):
    with pytest.raises(PrintFault, match="File name too long"):
        deliver(Folder(str(tmp_path)), document("SN-1", number="中" * 100))
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PrintFault, match="No space left on device"):
        write_file(tmp_path / "a.pdf", b"x")
    assert list(tmp_path.iterdir()) == []


def test_without_hard_links_nothing_is_replaced_either(tmp_path, monkeypatch):
    def no_links(*_paths: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    write_file(tmp_path / "a.pdf", b"one")
    with pytest.raises(PrintFault, match="was printed before"):
        write_file(tmp_path / "a.pdf", b"two")
    assert (tmp_path / "a.pdf").read_bytes() == b"one"
    assert len(list(tmp_path.iterdir())) == 1


def test_of_many_at_once_one_is_kept(tmp_path):
    faults: list[PrintFault] = []

    def work(at: int) -> None:
        try:
            write_file(tmp_path / "a.pdf", str(at).encode() * 1000)
        except PrintFault as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(faults) == 7
    assert len(set((tmp_path / "a.pdf").read_bytes())) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_fault_speaks_the_readers_language(tmp_path):
    with pytest.raises(PrintFault) as fault:
        deliver(Folder(str(tmp_path / "gone")), document("SN-1"))
    said = fault.value.sentence(lambda _text: "{folder} tar ikke imot: {reason}")
    assert said == f"{tmp_path / 'gone'} tar ikke imot: No such file or directory"
