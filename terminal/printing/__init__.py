"""Slips and invoices on paper: values in, PDF, plain text or ZPL out, and the ways to a printer (S15).

Both programs use it. It loads reportlab when the first PDF is made, not before.
"""

from terminal.printing.cups import cups_printers
from terminal.printing.delivery import deliver
from terminal.printing.marks import A4, LABEL
from terminal.printing.pdf import as_pdf
from terminal.printing.printers import printer_of
from terminal.printing.printout import Entry, Kind, PrintedLine, Printout
from terminal.printing.text import as_text
from terminal.printing.wording import PrintFault
from terminal.printing.zpl import as_zpl

__all__ = [
    "A4",
    "LABEL",
    "Entry",
    "Kind",
    "PrintFault",
    "PrintedLine",
    "Printout",
    "as_pdf",
    "as_text",
    "as_zpl",
    "cups_printers",
    "deliver",
    "printer_of",
]
