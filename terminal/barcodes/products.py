"""Numbers of products and logistic units that stand alone: EAN, UPC, ITF-14, SSCC, known by their check digits.

Digits that fit may still be a serial: without the scanner's word for the symbology such a reading is not `sure`, and
counts only where an item has that number.
"""

from __future__ import annotations

from msgspec.structs import replace

from terminal.barcodes.reading import Reading
from terminal.domain.read_along import checks

ONLY_WHERE = "Only its digits say so: it counts where an item has this number, else it is a plain serial."
UPC_E = "UPC-E"
"""The element under which the other meaning of eight digits stands: the UPC-A of a UPC-E."""
_SYMBOLOGY = {8: "EAN-8", 12: "UPC-A", 13: "EAN-13", 14: "ITF-14"}


def restricted(digits: str) -> bool:
    """Say whether a shop gave itself a number: restricted circulation (GS1 General Specifications 1.4.2, 2.1.11).

    GS1-8 prefixes 0 and 2; of longer numbers, the prefixes 02, 04 and 20 to 29 of their 13 digits.
    """
    if len(digits) == 8:
        return digits[0] in "02"
    if len(digits) == 14 and digits[0] != "0":
        return False
    return digits.zfill(13)[-13:].startswith(("02", "04", "2"))


def read_product(digits: str, identifier: str = "") -> Reading | None:
    """Read a product's or a logistic unit's number; None where it is none, or where its check digit doesn't say so.

    `identifier`: the AIM identifier. EAN/UPC (`]E…`) and a 14-digit ITF with check digit (`]I1`) make it sure; then
    another length is an error, `length`, and a wrong check digit one, too: `gtin_check_digit`.
    """
    sure = identifier[:2] == "]E" or (identifier == "]I1" and len(digits) == 14)
    if not (digits.isascii() and digits.isdecimal()):
        return Reading("product", error="charset") if sure else None
    if identifier == "]E3" and len(digits) in (15, 18):
        return _number(digits[:13], sure, (("add-on", digits[13:]),))
    if len(digits) == 18 and not sure and checks(digits):
        return Reading("logistic-unit", fields={"sscc": digits}, sure=False, warnings=(ONLY_WHERE,))
    if len(digits) == 8 or (sure and len(digits) in (6, 7)):
        return _short(digits, identifier)
    if len(digits) in _SYMBOLOGY and checks(digits):
        return _number(digits, sure)
    if not sure:
        return None
    return Reading("product", error="gtin_check_digit" if len(digits) in _SYMBOLOGY else "length")


def _short(digits: str, identifier: str) -> Reading | None:
    """Read EAN-8 or UPC-E. Eight digits can be both: the scanner's word decides; else it is EAN-8, the other shown."""
    sure = identifier[:2] == "]E"
    as_ean = digits if len(digits) == 8 and checks(digits) else ""
    as_upc = "" if identifier == "]E4" else _widened(digits)
    if as_upc and (sure or not as_ean):
        return replace(_number(as_upc, sure), symbology="UPC-E", elements=(("gtin", digits),))
    if not as_ean:
        return Reading("product", error="gtin_check_digit" if len(digits) == 8 else "length") if sure else None
    reading = _number(as_ean, sure)
    if not as_upc:
        return reading
    warning = f"As UPC-E it is {as_upc.zfill(14)}."
    return replace(reading, elements=(*reading.elements, (UPC_E, as_upc)), warnings=(*reading.warnings, warning))


def _widened(digits: str) -> str:
    """Give the UPC-A that a UPC-E stands for (GS1 General Specifications 5.2.2.4.2); empty where it is none.

    Eight digits are the number system, six digits and the check digit; of seven the check digit is missing, of six the
    number system, too. Here and not by biip, which takes 19 MiB: eight digits are often a plain serial.
    """
    system, body, check = ("0" + digits if len(digits) == 6 else digits)[0], digits[-7:-1], digits[-1]
    if len(digits) < 8:
        body, check = digits[-6:], ""
    if system not in "01":
        return ""
    last = int(body[5])
    if last < 3:
        maker, product = body[:2] + body[5] + "00", "00" + body[2:5]
    elif last < 5:
        maker, product = body[:last].ljust(5, "0"), body[last:5].zfill(5)
    else:
        maker, product = body[:5], "0000" + body[5]
    whole = system + maker + product
    check = check or next(sign for sign in "0123456789" if checks(whole + sign))
    return whole + check if checks(whole + check) else ""


def _number(digits: str, sure: bool, more: tuple[tuple[str, str], ...] = ()) -> Reading:
    fields = {"rcn": digits} if restricted(digits) else {"gtin": digits.zfill(14)}
    warnings = () if sure else (ONLY_WHERE,)
    return Reading("product", _SYMBOLOGY[len(digits)], fields, (("gtin", digits), *more), sure, warnings)
