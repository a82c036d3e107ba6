"""How many rows a list has beside those of its page: bounded, since people wait for it."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet

from core.paging import Page
from traces.search.statement_timeout import TookTooLong, at_most

#: Counting goes no further: beyond it the exact number tells a reader nothing.
MOST_COUNTED: Final = 10_000
#: What filters leave must be looked for row by row.
MOST_COUNTED_OF_SOME: Final = 1_000


def is_all(page: Page[Any]) -> bool:
    """Say whether nothing stands beside the page: what it holds need not be looked for again."""
    return not page.older and not page.newer


def counted_beside(
    page: Page[Any], rows_that_match: QuerySet[Any, Any], is_narrowed: bool
) -> tuple[int, bool]:
    """Return the number of rows and whether it is all; those on the page where counting is slow."""
    most = MOST_COUNTED_OF_SOME if is_narrowed else MOST_COUNTED
    if is_all(page):
        return len(page.rows), True
    try:
        with at_most(settings.COUNT_PATIENCE_MS):
            counted = rows_that_match.order_by().values("project_id")[: most + 1].count()
    except TookTooLong:
        return len(page.rows), False
    return min(counted, most), counted <= most
