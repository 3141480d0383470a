"""Documents as files in a folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import quote

from terminal.printing.printout import Printout
from terminal.printing.visible import visible
from terminal.printing.wording import PrintFault, Trouble


def file_name(printout: Printout) -> str:
    """Name a document's PDF: other numbers, other names, and none of them leads out of a folder."""
    return f"{printout.kind}-{quote(printout.number, safe=' ', errors='surrogatepass')}.pdf"


def write_file(path: Path, data: bytes, *, over: bool = False) -> None:
    """Write a file whole or not at all; one that is there is replaced only if `over`.

    Raises:
        PrintFault: the file is there, or the folder doesn't take it.
    """
    beside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        try:
            with beside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _put(beside, path, over)
        finally:
            beside.unlink(missing_ok=True)
    except FileExistsError:
        raise PrintFault(Trouble.EXISTS, file=visible(str(path))) from None
    except (OSError, ValueError) as fault:
        reason = (fault.strerror if isinstance(fault, OSError) else None) or str(fault)
        raise PrintFault(Trouble.FOLDER, folder=visible(str(path.parent)), reason=visible(reason)) from fault


def _put(beside: Path, path: Path, over: bool) -> None:
    """Give a finished file its name."""
    if over:
        beside.replace(path)
        return
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links, as on a USB stick: the name is taken first, so that no file is lost.
        path.open("xb").close()
        beside.replace(path)
