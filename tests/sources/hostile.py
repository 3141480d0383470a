"""Payloads that a malicious or broken barcode, scanner or line may send. Each must leave the next clean scan right."""

from __future__ import annotations

CONTROLS = [f"SN{chr(c)}1".encode() for c in range(0x20) if c not in (0x09, 0x0A, 0x0D)]
"""Every control character that ends nothing, inside a code."""

KEYS = [
    b"SN1\x1bq",
    b"SN1\x1bOP",
    b"SN1\x1bOPx",
    b"SN1\x1b[19~y",
    b"\x1bOW\x1b[A",
    b"\x1b",
    b"\x1b\x1b",
    b"\x1b[",
    b"\x1bO",
    b"\x1b[[",
    b"\x1b[1;",
    b"GOOD\b\b\b\bEVIL",
    b"\b\b\b\bEVIL",
    b"GOOD\x7f\x7fX",
    b"\x0f",
    b"\x03",
    b"\x11",
    b"\x10quit",
    b"\x13",
    b"\x1a",
    b"SN1\x1bOMSN2",
]
"""What a terminal takes for keys."""

FRAMES = [
    b"A\rB\rC\r",
    b"123\ty\r",
    b"\r\r\r",
    b"\n\n",
    b"\ry\r",
    b"\t\t\t",
    b"SN1\n2026-01-01 INFO scan accepted SN2",
    b"\x02SN1",
    b"\x02SN1\x03\x02SN2\x03",
    b"\x03\x03",
    b"\x04\x1e\x1d",
]
"""What looks like several frames, or like none."""

TERMINAL = [
    b"SN1\x1b[200~",
    b"\x1b[200~never ends",
    b"SN1\x1b[201~",
    b"\x1b]",
    b"SN\x1b]52;c;cm0gLXJmIH4K\x1b\\",
    b"SN\x1b]52;c;cm0gLXJmIH4K\x07",
    b"SN\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    b"SN\x1b[8mHIDDEN\x1b[0m",
    b"SN\xc2\x90q\xc2\x9c",
    b"SN\x1bPq#0\x1b\\",
    b"SN\x1b[6n",
    b"SN\x1b[1;1R",
    b"SN\x1b[I2",
    b"SN\x1b[c",
    b"SN\x1bc",
    b"SN\x1b[?1049l\x1b[?25h",
    b"SN\x1b(0abc",
    b"SN\x1b[<0;3;4M",
    b"SN\x1b[M !!",
    b"SN\x1b_Gpayload\x1b\\",
    b"SN\x1b^pm\x1b\\",
    b"\x1b[" + b"1;" * 40 + b"~",
    b"\x1b[99999999999999999999~",
]
"""Sequences that open, ask or hide something in a terminal."""

TEXTS = [
    b"caf\xe9",
    b"\xff\xfe",
    b"\x80\x81",
    bytes.fromhex("836583588367"),
    bytes.fromhex("534eeda080"),
    b"\xc0\xaf",
    b"\xf4\x90\x80\x80",
    b"SN\xe2\x82",
    "SN\u202e4321".encode(),
    "SN\u200b123".encode(),
    "SN\u00ad123".encode(),
    "\u0405N123".encode(),
    "01\u0660\u0669".encode(),
    ("SN" + "\u0301" * 200).encode(),
    "SN\ufeff1".encode(),
    "SN\U000e0041".encode(),
    b"SN[/]",
    b"SN[red]X[/red]",
    b"[@click=app.quit]SN1[/]",
    b"=cmd|'/c calc'!A1",
    b"+1+1",
    b'"; DROP TABLE serials;--',
    b"(SN)Tj ET Q",
    b"~JR",
    b"$(reboot)",
    b"{0.__class__}",
    b"<script>alert(1)</script>",
    b"9" * 5000,
    b"9" * 8192,
    b"9" * 8193,
    b"9" * 20000,
]
"""Texts that are no text, or that something behind the terminal might run."""

HOSTILE = [*CONTROLS, *KEYS, *FRAMES, *TERMINAL, *TEXTS]
