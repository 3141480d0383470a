"""Documents and command sheets as PDF, with their fonts inside, so that any machine shows and prints the same page.

reportlab is imported when a PDF is made, not before: a start of the terminal doesn't wait for it. Texts go to
`drawString` alone, which has no markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from itertools import groupby
from threading import Lock
from typing import TYPE_CHECKING, Any

from terminal.printing import codes, wording
from terminal.printing.command_sheet import COMMANDS, CommandSheet, pages_of_commands
from terminal.printing.faces import BASELINE, SERIAL, TEXT, advance_of, runs
from terminal.printing.marks import A4, Bars, Mark, Rule, Sheet, Square, Text
from terminal.printing.pages import Faces, Page, pages_of
from terminal.printing.printout import Printout
from terminal.printing.visible import visible
from terminal.printing.wording import Translate

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

_RULE = 0.5
"""Thickness of a rule, in points."""

# reportlab keeps fonts in one register for the process, and counts the glyphs that a document uses in the font.
_ONE_AT_A_TIME = Lock()


def as_pdf(printout: Printout, _: Translate = str, sheet: Sheet = A4) -> bytes:
    """Make a PDF of a document on `A4` or `LABEL`. The same document gives the same bytes.

    Characters that no embedded font has, and those written from right to left, are written out as `<U+05D0>`.
    Documents are made one after another, from whichever threads.
    """
    title = f"{wording.title(printout.kind, _)} {visible(printout.number)}"
    return _pdf_of(lambda faces: pages_of(printout, sheet, faces, _), sheet, title)


def commands_as_pdf(commands: CommandSheet, _: Translate = str) -> bytes:
    """Make a PDF of a command sheet, on A4. The same sheet gives the same bytes; characters as for `as_pdf`."""
    return _pdf_of(lambda faces: pages_of_commands(commands, faces, _), COMMANDS, visible(commands.title))


def _pdf_of(pages: Callable[[Faces], Iterable[Page]], sheet: Sheet, title: str) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    with _ONE_AT_A_TIME:
        file = BytesIO()
        canvas = Canvas(file, pagesize=(sheet.width, sheet.height), invariant=1, pageCompression=1)
        canvas.setTitle(title)
        canvas.setCreator("scan-terminal")
        for page in pages(Faces(advance_of(TEXT), advance_of(SERIAL))):
            for mark in page.marks:
                _draw(canvas, mark, sheet)
            canvas.showPage()
        canvas.save()
        return file.getvalue()


def _draw(canvas: Canvas, mark: Mark, sheet: Sheet) -> None:
    match mark:
        case Text():
            _draw_text(canvas, mark, sheet.height - mark.y - mark.size * BASELINE)
        case Bars():
            _draw_bars(canvas, mark, sheet.height - mark.y - mark.height)
        case Square():
            _draw_square(canvas, mark, sheet.height - mark.y)
        case Rule():
            canvas.rect(mark.x, sheet.height - mark.y, mark.width, _RULE, stroke=0, fill=1)


def _draw_text(canvas: Canvas, mark: Text, baseline: float) -> None:
    face = SERIAL if mark.serial else TEXT
    x = mark.x
    for font, piece in runs(mark.text, face):
        canvas.setFont(font, mark.size)
        canvas.drawString(x, baseline, piece)
        x += sum(map(advance_of(face), piece)) * mark.size


def _draw_bars(canvas: Canvas, mark: Bars, bottom: float) -> None:
    _bars_class()(mark.text, barWidth=mark.module, barHeight=mark.height, quiet=0).drawOn(canvas, mark.x, bottom)


def _draw_square(canvas: Canvas, mark: Square, top: float) -> None:
    from reportlab.graphics.barcode import qrencoder

    code = qrencoder.QRCode(mark.version, qrencoder.QRErrorCorrectLevel.M)
    code.addData(qrencoder.QR8bitByte(mark.text.encode()))
    code.make()
    path = canvas.beginPath()
    for row, modules in enumerate(code.modules):
        at = 0
        for dark, run in groupby(modules):
            count = len(list(run))
            if dark:
                y = top - (row + 1) * mark.module
                path.rect(mark.x + at * mark.module, y, count * mark.module, mark.module)
            at += count
    canvas.drawPath(path, stroke=0, fill=1)


@cache
def _bars_class() -> Any:
    """Give reportlab's Code 128, which is loaded with the first barcode that is drawn."""
    from reportlab.graphics.barcode.code128 import Code128

    class Planned(Code128):  # type: ignore[misc]
        """With our choice of sets: a barcode is as wide here as it was planned."""

        def encode(self) -> list[int]:
            """Give the numbers of the symbols to draw; kept in `encoded`, where reportlab looks for them."""
            self.encoded = codes.symbols(self.value)
            return self.encoded

    return Planned
