"""CSV that a spreadsheet opens without running what strangers wrote into it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

#: A cell that begins with one of these is a formula to some spreadsheet
#: (OWASP, "CSV Injection").
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

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
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
