"""A real CUPS of our own: its programs, its scheduler, its filters, and a printer behind a socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from terminal.printing.cups import cups_printers
from terminal.printing.delivery import deliver
from terminal.printing.marks import A4, LABEL
from terminal.printing.pdf import as_pdf
from terminal.printing.printers import CupsPrinter
from terminal.printing.wording import PrintFault

from . import paper
from .samples import document
from .sockets import Listener, listening, takes_all

CUPSD = shutil.which("cupsd", path=f"/usr/sbin:/sbin:{os.environ.get('PATH', '')}")
LPADMIN = shutil.which("lpadmin", path=f"/usr/sbin:/sbin:{os.environ.get('PATH', '')}")

real = pytest.mark.skipif(
    not (CUPSD and LPADMIN and shutil.which("lp") and Path("/usr/lib/cups/filter/pdftopdf").exists()),
    reason="there is no CUPS here; Debian's packages cups and cups-client have it",
)

FILES = """\
ServerRoot {home}/root
RequestRoot {home}/spool
CacheDir {home}/cache
StateDir {home}/state
TempDir {home}/spool
AccessLog {home}/access
ErrorLog {home}/error
PageLog {home}/pages
SystemGroup root
"""
SCHEDULER = """\
LogLevel warn
Listen {home}/sock
Browsing Off
WebInterface No
DefaultAuthType None
<Location />
  Order allow,deny
  Allow all
</Location>
<Location /admin>
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
DRIVER = """\
*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "PAPER.PPD"
*Product: "(paper)"
*Manufacturer: "Test"
*ModelName: "Test paper"
*ShortNickName: "Test paper"
*NickName: "Test paper"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: False
*DefaultColorSpace: Gray
*FileSystem: False
*cupsVersion: 2.4
*cupsFilter2: "application/pdf application/pdf 0 -"
*OpenUI *PageSize/Media Size: PickOne
*OrderDependency: 10 AnySetup *PageSize
*DefaultPageSize: Letter
*PageSize Letter/Letter: "<</PageSize[612 792]>>setpagedevice"
*PageSize A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageSize
*OpenUI *PageRegion/Media Size: PickOne
*DefaultPageRegion: Letter
*PageRegion Letter/Letter: "<</PageSize[612 792]>>setpagedevice"
*PageRegion A4/A4: "<</PageSize[595 842]>>setpagedevice"
*CloseUI: *PageRegion
*DefaultImageableArea: Letter
*ImageableArea Letter/Letter: "0 0 612 792"
*ImageableArea A4/A4: "0 0 595 842"
*DefaultPaperDimension: Letter
*PaperDimension Letter/Letter: "612 792"
*PaperDimension A4/A4: "595 842"
*VariablePaperSize: True
*MaxMediaWidth: "1000"
*MaxMediaHeight: "1000"
*NonUIOrderDependency: 20 AnySetup *CustomPageSize
*CustomPageSize True: "pop pop pop <</PageSize[5 -2 roll]>>setpagedevice"
*ParamCustomPageSize Width: 1 points 36 1000
*ParamCustomPageSize Height: 2 points 36 1000
*ParamCustomPageSize WidthOffset: 3 points 0 0
*ParamCustomPageSize HeightOffset: 4 points 0 0
*ParamCustomPageSize Orientation: 5 int 0 3
*DefaultFont: Courier
"""


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Path]:
    """A CUPS that is nobody else's; its programs find it by CUPS_SERVER."""
    # A socket's path is short, and CUPS's own user must get there.
    home = Path(tempfile.mkdtemp(prefix="cups-", dir="/tmp"))
    home.chmod(0o755)
    for name in ("root", "spool", "cache", "state"):
        (home / name).mkdir()
    (home / "files.conf").write_text(FILES.format(home=home))
    (home / "cupsd.conf").write_text(SCHEDULER.format(home=home))
    assert CUPSD is not None
    command = [CUPSD, "-f", "-c", str(home / "cupsd.conf"), "-s", str(home / "files.conf")]
    with subprocess.Popen(command) as process:
        until = time.monotonic() + 20
        while not (home / "sock").exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        try:
            assert (home / "sock").exists(), "CUPS did not start"
            yield home
        finally:
            process.terminate()
            process.wait(20)
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def queues(scheduler: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """Two queues to one printer: `exact` sends what it gets, `paper` has a driver."""
    monkeypatch.setenv("CUPS_SERVER", str(scheduler / "sock"))
    driver = scheduler / "paper.ppd"
    driver.write_text(DRIVER)
    with listening(takes_all) as listener:
        device = f"socket://127.0.0.1:{listener.port}"
        for options in (["-p", "exact"], ["-p", "paper", "-P", str(driver)]):
            subprocess.run([LPADMIN, *options, "-E", "-v", device], check=True, capture_output=True)
        yield listener


def printed(listener: Listener) -> bytes:
    """What came out of the printer."""
    listener.wait(lambda: bool(listener.jobs) and listener.jobs[0][-1:] == [b""], 60)
    return b"".join(listener.jobs[0])


@real
def test_the_printers_are_listed(queues):
    assert sorted(cups_printers()) == ["exact", "paper"]


@real
def test_a_document_goes_through_as_it_is(queues):
    slip = document("SN-1", "序列号-1", number="-o raw; 中 \x1b ^XZ")
    assert deliver(CupsPrinter("exact"), slip).startswith("exact-")
    assert printed(queues) == as_pdf(slip)


@real
@pytest.mark.parametrize(("sheet", "size"), [(A4, (595, 842)), (LABEL, (288, 432))], ids=["a4", "label"])
def test_a_driver_prints_it_on_the_right_paper_and_the_barcodes_read(queues, sheet, size):
    deliver(CupsPrinter("paper"), document("SN-1", "序列号-1"), sheet=sheet)
    (page,) = pypdfium2.PdfDocument(printed(queues))
    assert tuple(map(round, page.get_size())) == size
    assert paper.barcodes(page.render(scale=paper.DPI / 72).to_pil()) == ["PS-1042", "SN-1", "序列号-1"]


@real
def test_a_printer_that_cups_does_not_know(queues):
    with pytest.raises(PrintFault) as fault:
        deliver(CupsPrinter("attic"), document("SN-1"))
    assert str(fault.value) == "There is no printer attic here. There are: exact, paper."


@real
def test_a_printer_that_takes_no_jobs(queues):
    subprocess.run(["/usr/sbin/cupsreject", "exact"], check=True)
    with pytest.raises(PrintFault) as fault:
        deliver(CupsPrinter("exact"), document("SN-1"))
    subprocess.run(["/usr/sbin/cupsaccept", "exact"], check=True)
    assert str(fault.value).startswith("exact did not take the job: ")
    assert "not accepting jobs" in str(fault.value)


@real
def test_a_cups_that_does_not_run(monkeypatch, tmp_path):
    monkeypatch.setenv("CUPS_SERVER", str(tmp_path / "nobody"))
    for act in (cups_printers, lambda: deliver(CupsPrinter("exact"), document("SN-1"))):
        with pytest.raises(PrintFault) as fault:
            act()
        assert str(fault.value) == "The print service does not answer. Ask the office to start it."


def test_no_cups_at_all(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for act in (cups_printers, lambda: deliver(CupsPrinter("exact"), document("SN-1"))):
        with pytest.raises(PrintFault) as fault:
            act()
        assert str(fault.value) == "This machine has no print service. Ask the office to install CUPS."


def test_a_cups_that_hangs(monkeypatch, tmp_path):
    for name in ("lp", "lpstat"):
        (tmp_path / name).write_text("#!/bin/sh\nexec /bin/sleep 20\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("terminal.printing.cups.CUPS_S", 0.3)
    with pytest.raises(PrintFault, match="The print service does not answer"):
        deliver(CupsPrinter("exact"), document("SN-1"))
