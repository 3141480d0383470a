"""The words for printers."""

from __future__ import annotations

import pytest

from terminal.printing.printers import CupsPrinter, Folder, LabelPrinter, printer_of


@pytest.mark.parametrize(
    ("text", "printer"),
    [
        ("file:/srv/slips", Folder("/srv/slips")),
        ("file:~/my slips:new", Folder("~/my slips:new")),
        ("cups:Office_2", CupsPrinter("Office_2")),
        ("zpl:zebra7", LabelPrinter("zebra7")),
        ("zpl:10.1.2.3:6101", LabelPrinter("10.1.2.3", 6101)),
        ("zpl:[fe80::1]:9100", LabelPrinter("fe80::1", 9100)),
        ("zpl:[::1]", LabelPrinter("::1")),
        ("zpl:zebra7?font=E:SIMSUN.FNT", LabelPrinter("zebra7", 9100, "E:SIMSUN.FNT")),
    ],
)
def test_a_printer_is_understood(text, printer):
    assert printer_of(text) == printer


ONLY_FORMS = "is none of file:DIR, cups:NAME, zpl:HOST[:PORT]."
HOST = "must read zpl:HOST or zpl:HOST:PORT with a port from 1 to 65535."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ONLY_FORMS),
        ("lp0", ONLY_FORMS),
        ("ZPL:x", ONLY_FORMS),
        ("usb:1", ONLY_FORMS),
        ("file:", "needs a folder after file:."),
        ("file:a\0b", "needs a folder after file:."),
        ("cups:", "needs a CUPS printer's name after cups:, without spaces, / or #."),
        ("cups:a b", "needs a CUPS printer's name after cups:, without spaces, / or #."),
        ("cups:-oraw", "needs a CUPS printer's name after cups:, without spaces, / or #."),
        ("cups:a/b", "needs a CUPS printer's name after cups:, without spaces, / or #."),
        ("zpl:", HOST),
        ("zpl::9100", HOST),
        ("zpl:h:0", HOST),
        ("zpl:h:65536", HOST),
        ("zpl:h:x", HOST),
        ("zpl:h:", HOST),
        ("zpl:h/path", HOST),
        ("zpl:u@h", HOST),
        ("zpl:h#x", HOST),
        ("zpl:a b", HOST),
        ("zpl:h\n", HOST),
        ("zpl:h:+9100", HOST),
        ("zpl:h?dpi=300", "Only font=FONT can follow the '?'"),
        ("zpl:h?", "Only font=FONT can follow the '?'"),
        ("zpl:h?font=", "must be one letter or digit"),
    ],
)
def test_a_wrong_printer_is_told_what_would_be_right(text, said):
    with pytest.raises(ValueError, match=r"^(The|Only) .*\.$") as error:
        printer_of(text)
    assert said in str(error.value)
