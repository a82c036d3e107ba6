"""How many traces of a list bear each model, provider, service and environment.

One bounded statement reads the newest traces that the other filters leave; each facet is then
counted under the choices made in the others, so that it says what choosing another value of it
would find.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection

from traces.models import Trace
from traces.models.querysets import TraceQuerySet
from traces.search.queries import FACETS
from traces.search.statement_timeout import TookTooLong, at_most

#: Traces that are counted, the newest ones.
MOST_COUNTED: Final = 10_000
#: Of one facet, the most frequent.
MOST_VALUES: Final = 30
MOST_GROUPS: Final = 2_000

#: Values of all facets of one group, and the number of traces that bear just these.
Group = tuple[tuple[str | None, ...], int]


@dataclass(frozen=True, slots=True)
class Value:
    text: str
    count: int | None  # None: in force, but not among those counted
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    name: str
    chosen: str
    values: list[Value]  # the most frequent first


@dataclass(frozen=True, slots=True)
class Facets:
    """`each` is empty-handed where counting took too long: then `is_counted` is false."""

    each: list[Facet]
    is_counted: bool
    of: int  # traces that were counted
    is_whole: bool  # there are no more than these


def facets(traces: TraceQuerySet, chosen: Mapping[str, str]) -> Facets:
    """`traces` are those that all other filters leave; `chosen` are the facets' own."""
    try:
        return _counted(_groups(traces), chosen)
    except TookTooLong:
        return Facets([_facet(name, chosen, []) for name in FACETS], False, 0, False)


def facets_of(traces: Iterable[Trace]) -> Facets:
    """Count the facets of traces that are at hand, where none of the facets has a value chosen."""
    values = Counter(tuple(getattr(trace, name) for name in FACETS) for trace in traces)
    return _counted(list(values.items()), {})


def _counted(groups: list[Group], chosen: Mapping[str, str]) -> Facets:
    of = sum(n for _values, n in groups)
    each = [_facet(name, chosen, groups) for name in FACETS]
    return Facets(each, True, of, of < MOST_COUNTED)


def _groups(traces: TraceQuerySet) -> list[Group]:
    newest = traces.newest_first().values(*FACETS)[:MOST_COUNTED]
    try:
        inner, values = newest.query.sql_with_params()
    except EmptyResultSet:
        return []
    names = ", ".join(FACETS)
    statement = (
        f"SELECT {names}, count(*) FROM ({inner}) newest"
        f" GROUP BY {names} ORDER BY count(*) DESC, {names} LIMIT {MOST_GROUPS}"
    )
    with at_most(settings.COUNT_PATIENCE_MS), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [(row[:-1], row[-1]) for row in cursor.fetchall()]


def _facet(name: str, chosen: Mapping[str, str], groups: Iterable[Group]) -> Facet:
    counts = count(name, chosen, groups)
    mine = chosen.get(name) or ""
    values = [Value(text, n, text == mine) for text, n in counts.most_common(MOST_VALUES)]
    if mine and not any(value.is_chosen for value in values):
        values.append(Value(mine, counts.get(mine), True))
    return Facet(name, mine, values)


def count(name: str, chosen: Mapping[str, str], groups: Iterable[Group]) -> Counter[str]:
    """Traces by their value of one facet, of those that pass the choices of all others."""
    place = FACETS.index(name)
    totals: Counter[str] = Counter()
    for values, n in groups:
        others = (
            not chosen.get(other) or chosen[other] == value
            for other, value in zip(FACETS, values, strict=True)
            if other != name
        )
        if (own := values[place]) and all(others):
            totals[own] += n
    return totals
