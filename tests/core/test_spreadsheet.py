"""A CSV file is data: no cell of it is run as a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from core.spreadsheet import lines


@pytest.mark.parametrize(
    "start",
    [
        *("=", "+", "-", "@", "\t", "\r", "\n"),
        *("\uff1d", "\uff0b", "\uff0d", "\uff20"),
        *(" =", "\t =", "\r\n=", "\xa0+", "\u3000\uff1d", "\ufeff=", "\u200b@", "  \uff0d"),
    ],
    ids=ascii,
)
def test_a_text_that_begins_like_a_formula_is_read_as_text(start: str) -> None:
    evil = f'{start}HYPERLINK("http://example.org")'
    ((cell,),) = csv.reader(io.StringIO(lines([[evil]]), newline=""))
    assert cell == f"'{evil}"


def test_other_cells_are_written_as_they_are() -> None:
    at = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert lines([["  a=b", "\u3000text", "1 - 2"]]) == "  a=b,\u3000text,1 - 2\r\n"
    written = lines([["a=b", -1.5, None, at, 'say "hi",\nthen go']])
    assert written == 'a=b,-1.5,,2026-11-23T08:00:00+00:00,"say ""hi"",\nthen go"\r\n'
