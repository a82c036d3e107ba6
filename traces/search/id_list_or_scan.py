"""How a list finds the traces that rows of another table name: by id when they are few, else
by asking for each trace, newest first, until the page is full. Sessions are found likewise.

Left to itself PostgreSQL hashes all of the other table's rows for a page of fifty (at a million
traces 0.4 to 4 s), since it cannot know how the rows lie in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Lookup, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.db.models.sql.compiler import SQLCompiler

#: This many ids are looked up in a few milliseconds; rows that are more than these among a
#: million traces stand so densely that a walk soon fills a page.
MOST_LISTED: Final = 2_500


@dataclass(frozen=True, slots=True)
class Named:
    """Rows whose `column`, never NULL, holds the ids of traces, or the keys of sessions.

    `of_one` yields the same rows for one trace, OuterRef("trace_id"), or for one session,
    OuterRef("key"): one column, never NULL.
    """

    rows: QuerySet[Any, Any]
    column: str
    of_one: QuerySet[Any, Any]

    def ids(self, among: Sequence[UUID] | None) -> list[UUID] | None:
        rows = self.rows if among is None else self.rows.filter(one_of(self.column, among))
        return listed(rows.values_list(self.column, flat=True))


def listed(ids: QuerySet[Any, Any]) -> list[UUID] | None:
    """Return the ids that a query of one column yields; None when they are many."""
    some = list(ids.order_by()[: MOST_LISTED + 1])
    return some if len(some) <= MOST_LISTED else None


def named_by(*each: Named, column: str = "trace_id") -> Q:
    """Rows whose `column` all of them name. Where one names few, the others are asked about these
    alone."""
    few, many = _narrowed(each, None)
    if few is not None and many:
        few, many = _narrowed(many, few)
    condition = Q() if few is None else one_of(column, few)
    for named in many:
        condition &= exists(named.of_one)
    return condition


def _narrowed(
    each: Iterable[Named], few: list[UUID] | None
) -> tuple[list[UUID] | None, list[Named]]:
    """Return the few traces, of those given, that can be listed; and whoever names too many for
    that."""
    many = []
    for named in each:
        ids = named.ids(few)
        if ids is None:
            many.append(named)
        else:
            few = ids
    return few, many


class OneOf(Lookup):
    """`column = ANY(array of ids)`: one parameter, where `__in` costs Django 10 ms for 2,500."""

    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::uuid[])", (*values, self.rhs)


def one_of(column: str, ids: Sequence[UUID]) -> Q:
    return Q(OneOf(F(column), list(ids)))


def exists(of_one: QuerySet[Any, Any]) -> Q:
    """EXISTS that PostgreSQL may not turn into a join: a scalar subquery is asked row by row."""
    return Q(IsNull(Subquery(of_one.order_by()[:1]), False))
