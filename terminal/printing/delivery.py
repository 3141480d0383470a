"""From a printer's setting to the way there: a file in a folder, CUPS, a label printer's socket."""

from __future__ import annotations

from pathlib import Path

from terminal.printing import wording
from terminal.printing.cups import send_to_cups
from terminal.printing.files import file_name, write_file
from terminal.printing.label_printer import send_to_label_printer
from terminal.printing.marks import A4, LABEL_203, Sheet
from terminal.printing.pdf import as_pdf
from terminal.printing.printers import CupsPrinter, Folder, LabelPrinter, Printer
from terminal.printing.printout import Printout
from terminal.printing.wording import Translate
from terminal.printing.zpl import as_zpl


def deliver(printer: Printer, printout: Printout, _: Translate = str, sheet: Sheet = A4, *, over: bool = False) -> str:
    """Print a document and say where it went: a file's path, a CUPS job's name, a label printer's address.

    `sheet` (`A4` or `LABEL`) is the paper of PDFs; label printers get labels of 4 × 6 inches. `over` replaces a file
    that an earlier printing of the document left. It waits for the printer, so it belongs on a thread that nobody
    scans on.

    Raises:
        PrintFault: it was not printed, or nobody knows.
    """
    match printer:
        case Folder():
            path = Path(printer.path).expanduser() / file_name(printout)
            write_file(path, as_pdf(printout, _, sheet), over=over)
            return str(path)
        case CupsPrinter():
            title = f"{wording.title(printout.kind, _)} {printout.number}"
            return send_to_cups(printer.name, as_pdf(printout, _, sheet), title, sheet)
        case LabelPrinter():
            send_to_label_printer(printer, as_zpl(printout, _, LABEL_203, printer.font))
            return printer.address
