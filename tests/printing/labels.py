"""A small label printer: reads ZPL strictly, knows only the commands we send, and draws its Code 128."""

from __future__ import annotations

import re
from typing import NamedTuple

import zxingcpp
from PIL import Image
from reportlab.graphics.barcode.code128 import _patterns

_COMMAND = re.compile(
    r"(XA|XZ|CI28|PON|FWN|LH0,0|LS0|PW\d+|LL\d+|PQ1|FS|FH|FO\d+,\d+|A@N,\d+,\d+,[A-Z]:[A-Z0-9_-]+\.[A-Z]{3}"
    r"|A[0-9A-Z]N,\d+,\d+|BY\d+|BCN,\d+,N,N,N,N|BQN,2,\d+|GFA,\d+,\d+,\d+,[0-9A-F]+|GB\d+,\d+,\d+|FD.*)",
)
_INVOKED = {">0": ">", "><": "^", ">=": "~"}


class Field(NamedTuple):
    """What stands at one place of a label."""

    x: int
    y: int
    commands: tuple[str, ...]
    data: str | None

    @property
    def is_bars(self) -> bool:
        return any(command.startswith("BC") for command in self.commands)

    @property
    def is_square(self) -> bool:
        return any(command.startswith("BQ") for command in self.commands)

    @property
    def is_picture(self) -> bool:
        return self.commands[0].startswith("GFA")

    @property
    def is_text(self) -> bool:
        return any(command.startswith("A") for command in self.commands)


def labels_of(zpl: bytes) -> list[list[Field]]:
    """Read a job; anything unexpected is an error."""
    job = zpl.decode("ascii")
    assert "~" not in job
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", job)
    found: list[list[Field]] = []
    is_open = False
    at = (0, 0)
    commands: list[str] = []
    data: str | None = None
    before, *rest = job.split("^")
    assert before == ""
    for part in rest:
        command = part.removesuffix("\n")
        assert _COMMAND.fullmatch(command), command
        assert is_open != (command == "XA"), command
        if command == "XA":
            is_open, commands = True, []
            found.append([])
        elif command == "XZ":
            is_open = False
        elif command.startswith("FO"):
            x, y = command[2:].split(",")
            at, commands, data = (int(x), int(y)), [], None
        elif command.startswith("FD"):
            assert "FH" in commands, "data without ^FH"
            data = _unhexed(command[2:])
        elif command == "FS":
            found[-1].append(Field(*at, tuple(commands), data))
        else:
            commands.append(command)
    assert not is_open
    return found


def texts(label: list[Field]) -> list[str]:
    """The texts on a label."""
    return [field.data or "" for field in label if field.is_text]


def bars(field: Field) -> tuple[str, list[int]]:
    """What a printer makes of the data of `^BC` in mode N: the text, and the values of the symbols."""
    assert field.data is not None
    text, values, chosen = "", [], "B"
    pieces = re.findall(r">.|.", field.data)
    starts = {">:": ("B", 104), ">;": ("C", 105)}
    changes = {">6": ("B", 100), ">5": ("C", 99)}
    assert pieces[0] in starts
    while pieces:
        piece = pieces.pop(0)
        if piece in starts or piece in changes:
            assert (piece in starts) == (not values)
            chosen, value = {**starts, **changes}[piece]
        elif chosen == "C":
            piece += pieces.pop(0)
            assert re.fullmatch("[0-9]{2}", piece)
            text, value = text + piece, int(piece)
        else:
            sign = _INVOKED.get(piece, piece)
            assert len(sign) == 1
            text, value = text + sign, ord(sign) - 32
        values.append(value)
    return text, values


def drawn(field: Field) -> Image.Image:
    """Print a `^BC` as the printer would, with the quiet zone."""
    _text, values = bars(field)
    check = (values[0] + sum(place * value for place, value in enumerate(values))) % 103
    module = next(int(command[2:]) for command in field.commands if command.startswith("BY"))
    height = next(int(command.split(",")[1]) for command in field.commands if command.startswith("BC"))
    # A capital is a bar, a small letter a space, of as many modules as its place in the alphabet.
    widths = [ord(sign.lower()) - 96 for value in [*values, check, 106] for sign in _patterns[value]]
    image = Image.new("L", (module * (sum(widths) + 20), height + 20), 255)
    x = 10 * module
    for place, width in enumerate(widths):
        if place % 2 == 0:
            image.paste(0, (x, 10, x + width * module, 10 + height))
        x += width * module
    return image


def picture(field: Field) -> Image.Image:
    """Print a `^GF` as the printer would, black on white."""
    total, again, row, dots = field.commands[0].removeprefix("GFA,").split(",")
    assert total == again
    assert len(dots) == 2 * int(total)
    size = (int(row) * 8, int(total) // int(row))
    return Image.frombytes("1", size, bytes.fromhex(dots)).point(lambda bit: 255 - bit).convert("L")


def read(image: Image.Image) -> str:
    """Scan it. Only for what it is: bars of Code 128 can by chance also hold a well-formed EAN-13."""
    (code,) = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.Code128)
    return code.bytes.decode()


def _unhexed(data: str) -> str:
    plain = re.sub(rb"_([0-9A-F]{2})", lambda found: bytes.fromhex(found.group(1).decode()), data.encode())
    assert b"_" not in re.sub(rb"_[0-9A-F]{2}", b"", data.encode())
    return plain.decode("utf-8")
