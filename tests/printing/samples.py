"""Documents to print, and texts that would like to be more than data."""

from __future__ import annotations

from hypothesis import strategies as st

from terminal.printing.printout import Entry, Kind, PrintedLine, Printout

HOSTILE = [
    "^XZ",
    "^XA^FO0,0^FDgone^FS^XZ",
    "~JA",
    "~JR^XZ",
    "_5EXZ",
    "__",
    ">;",
    ">:>;>0>=><>8",
    "12345>6",
    ">5123456",
    "</para>",
    "<b>&amp;<img src='/etc/passwd'/>",
    "(a) Tj ET",
    "\\) Tj (",
    "%PDF-1.7",
    "endstream endobj",
    "\x00\x01\x1b[2J",
    "\x0c",
    "\r\n^XZ\r\n",
    "a\x1db\x1ec\x04",
    "\x7f",
    "\u202e321-NS",
    "\u2066x\u2069",
    "\u200b",
    "\ufeff",
    "\ud800",
    "\U0010ffff",
    "e\u0301",
    "שלום",
    "مرحبا",
    "😀",
    "序列号-001",
    "編號",
    "{number}",
    "{0.__class__}",
    "%s%n",
    " leading and trailing ",
    "A" * 100,
    "x y " * 25,
    "中" * 100,
    "\U00020000",
    "A" * 5000,
    "../../etc/passwd",
    "--help",
]

serials = st.one_of(
    st.none(),
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=100),
    st.text(alphabet=st.characters(exclude_categories=()), max_size=120),
    st.from_regex(r"[A-Z]{0,4}[0-9]{1,20}[A-Z]{0,2}", fullmatch=True),
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
entries = st.builds(Entry, serial=serials, note=st.one_of(st.just(""), texts))
lines = st.builds(
    PrintedLine,
    item=texts,
    description=texts,
    units=st.integers(0, 10**6),
    entries=st.lists(entries, max_size=12).map(tuple),
)
printouts = st.builds(
    Printout,
    kind=st.sampled_from(Kind),
    number=texts,
    order=texts,
    customer=texts,
    date=texts,
    status=texts,
    lines=st.lists(lines, max_size=4).map(tuple),
)


def document(*serials: str | None, number: str = "PS-1042", note: str = "") -> Printout:
    """A packing slip with one line and these serials on it."""
    line = PrintedLine("ITEM-1", "Router R7 black", len(serials), tuple(Entry(serial, note) for serial in serials))
    return Printout(Kind.PACKING_SLIP, number, "SO-77", "Sønner & Co", "2026-11-21 13:05", "posted", (line,))


def long_document(lines: int, each: int) -> Printout:
    """An invoice with many serials; every tenth is blank."""
    made = tuple(
        PrintedLine(
            f"ITEM-{line}",
            "Router",
            each,
            tuple(Entry(None if at % 10 == 9 else f"SN{line}-{at:06d}") for at in range(each)),
        )
        for line in range(lines)
    )
    return Printout(Kind.INVOICE, "IN-7", "SO-7", "北京科技有限公司", "2026-11-21", "posted", made)


def all_serials(printout: Printout) -> list[str]:
    """Every serial of a document, in order."""
    return [entry.serial for line in printout.lines for entry in line.entries if entry.serial is not None]
