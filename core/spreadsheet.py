"""CSV that a spreadsheet opens without running what strangers wrote into it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

#: A cell that begins with one of these is a formula to some spreadsheet (OWASP, "CSV Injection").
#: Some read the full-width signs of East Asian keyboards as the plain ones.
FORMULA_SIGNS = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
#: These alone make a spreadsheet begin a cell, or a formula, anew.
FORMULA_STARTS = (*FORMULA_SIGNS, "\t", "\r", "\n")
#: What may stand before a sign and is passed over, beside all that Python calls blank: marks of
#: order and of width that nobody sees.
UNSEEN = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\x00"

BLANKS = UNSEEN + "".join(chr(n) for n in range(0x3001) if chr(n).isspace())

Cell = str | int | float | datetime | None


def lines(rows: Iterable[Iterable[Cell]]) -> str:
    """Return the rows as CSV (RFC 4180): numbers as they are, times in ISO 8601, None empty."""
    written = io.StringIO()
    csv.writer(written).writerows([_cell(cell) for cell in row] for row in rows)
    return written.getvalue()


def _cell(cell: Cell) -> str | int | float | None:
    if isinstance(cell, datetime):
        return cell.isoformat()
    return harmless(cell) if isinstance(cell, str) else cell


def harmless(text: str) -> str:
    """Return the text, behind an apostrophe where it would be read as a formula."""
    shown = text.lstrip(BLANKS)
    is_formula = text.startswith(FORMULA_STARTS) or shown.startswith(FORMULA_SIGNS)
    return f"'{text}" if is_formula else text
