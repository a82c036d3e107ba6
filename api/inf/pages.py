"""Pages of traces as long as the client asks for: ours have a length of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from django.db.models import Model

from api.inf.errors import refused
from api.inf.given import Given
from core.paging import Cursor, Page, Pager

Row = TypeVar("Row", bound=Model)

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


def filled(
    pager: Pager, limit: int, older: Cursor | None, read: Callable[[Cursor | None], Page[Row]]
) -> Page[Row]:
    """Return a page of `limit` rows, of as many pages of ours as that takes."""
    page = read(older)
    while len(page.rows) < limit and page.older:
        following = read(pager.read(page.older))
        page = replace(page, rows=[*page.rows, *following.rows], older=following.older)
    if len(page.rows) <= limit:
        return page
    return pager.shortened(page, 0, limit)
