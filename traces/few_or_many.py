"""How a list finds the traces that rows of another table name: by id when they are few, else
by asking for each trace, newest first, until the page is full.

Left to itself PostgreSQL hashes all of the other table's rows for a page of fifty (at a million
traces 0.4 to 4 s), since it cannot know how the rows lie in time.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Q, QuerySet, Subquery
from django.db.models.lookups import IsNull

#: This many ids are looked up in a few milliseconds; rows that are more than these among a
#: million traces stand so densely that a walk soon fills a page.
MOST_LISTED: Final = 2_500


def listed(ids: QuerySet[Any, Any]) -> list[Any] | None:
    """The ids that a query of one column yields; None when they are many."""
    found = list(ids.order_by()[: MOST_LISTED + 1])
    return found if len(found) <= MOST_LISTED else None


def named_by(ids: QuerySet[Any, Any], of_one: QuerySet[Any, Any]) -> Q:
    """Traces among `ids` (values_list of one column, flat).

    `of_one` yields the same rows for one trace, OuterRef("trace_id"): one column, never NULL.
    """
    few = listed(ids)
    return exists(of_one) if few is None else Q(trace_id__in=few)


def exists(of_one: QuerySet[Any, Any]) -> Q:
    """EXISTS that PostgreSQL may not turn into a join: a scalar subquery is asked row by row."""
    return Q(IsNull(Subquery(of_one.order_by()[:1]), False))
