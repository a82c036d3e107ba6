"""How long a page of a list is, and where it begins."""

from __future__ import annotations

from api.inf.errors import refused
from api.inf.given import Given
from core.paging import Cursor, Pager

MOST_ROWS, USUAL_ROWS = 200, 25
NO_CURSOR = "This is no cursor of this list. Leave it out to begin at the first page."
TOO_LONG = "The database took too long. Ask for a shorter stretch of time, or for less at once."


def limit_of(given: Given) -> int:
    return given.whole("limit", USUAL_ROWS, least=1, most=MOST_ROWS)


def cursor_of(given: Given, pager: Pager) -> Cursor | None:
    """Return where the page begins, None for the first one. Raises Refused."""
    text = given.text("cursor", "")
    try:
        return pager.read(text) if text else None
    except (ValueError, OverflowError):
        raise refused(NO_CURSOR, field="cursor") from None
