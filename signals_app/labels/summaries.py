"""The signals of a project, each with what its labels of the last 7 days say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from core.paging import PAGE_SIZE, page_of_keys
from core.time_range.windows import Window
from core.ui.tones import Segment
from signals_app import extensions
from signals_app.definition.versions import current_versions
from signals_app.labels import breakdown, counts
from signals_app.models import Outcome, Scope, Signal, SignalVersion
from teams.models import Project
from traces.models import Agent

DAYS = timedelta(days=7)
TREND_STEP = timedelta(hours=6)
GONE = "The signal that this page begins behind has left the list. Begin at the first page."


@dataclass(frozen=True, slots=True)
class SignalQuery:
    """Which signals are asked for, and in which order.

    text: part of the signal's or its agent's name. state: "" leaves out the archived ones.
    sort: a name of `SORTS`, with "-" before it for the other way.
    """

    text: str = ""
    agent: Agent | None = None
    state: str = ""
    scope: str = ""
    sort: str = "name"

    def __post_init__(self) -> None:
        """Raise ValidationError by field for a state, scope or order that does not exist."""
        errors = {}
        if self.state and self.state not in Signal.State.values:
            errors["state"] = [f"Choose one of {', '.join(Signal.State.values)}."]
        if self.scope and self.scope not in Scope.values:
            errors["scope"] = [f"Choose one of {', '.join(Scope.values)}."]
        if self.sort.removeprefix("-") not in SORTS:
            errors["sort"] = [f"Choose one of {', '.join(SORTS)}."]
        if errors:
            raise ValidationError(errors)


@dataclass(frozen=True)
class Summary:
    signal: Signal
    version: SignalVersion | None
    segments: list[Segment]
    total: int
    unlabelled: int
    trend: breakdown.Trend | None
    is_silent: bool  # gives no labels, though traffic comes


@dataclass(frozen=True, slots=True)
class Place:
    """What the order of a list goes by. volume: labels of the last 7 days."""

    key: UUID
    name: str
    agent: str
    scope: str
    state: str
    type: str
    volume: int


SORTS: dict[str, Callable[[Place], Any]] = {
    "name": lambda place: (place.name.lower(), place.key),
    "agent": lambda place: (place.agent.lower(), place.name.lower()),
    "scope": lambda place: place.scope,
    "type": lambda place: place.type,
    "state": lambda place: place.state,
    "volume": lambda place: place.volume,
}


def signals(project: Project, query: SignalQuery) -> QuerySet[Signal]:
    """Return the signals that the query names, in no order."""
    matching = Signal.objects.filter(project=project).select_related("agent", "live_version")
    if query.agent:
        matching = matching.filter(agent=query.agent)
    if query.state:
        matching = matching.filter(state=query.state)
    else:
        matching = matching.exclude(state=Signal.State.ARCHIVED)
    if query.scope:
        matching = matching.filter(scope=query.scope)
    if query.text:
        matching = matching.filter(
            Q(name__icontains=query.text) | Q(agent__name__icontains=query.text)
        )
    return matching


def week(now: datetime) -> Window:
    """Return the 7 days that summaries are about, in steps of 6 hours."""
    end = Window.last(DAYS, now).end
    return Window(end - DAYS, end, TREND_STEP)


def summaries(project: Project, query: SignalQuery, now: datetime) -> list[Summary]:
    """Return each signal that the query names with the counts of its last 7 days, sorted."""
    made = of_signals(project, list(signals(project, query)), now)
    places = {_place(row): row for row in made}
    return [places[place] for place in _in_order(places, query.sort)]


def page_of(
    project: Project,
    query: SignalQuery,
    now: datetime,
    behind: UUID | None = None,
    size: int = PAGE_SIZE,
) -> tuple[list[Summary], str]:
    """Return those behind a signal in the order of the list, the first ones for None, and where
    the next page begins ("" at the end). Of the others only what they are sorted by is read.

    Raises ValidationError by field: cursor, where that signal is not in the list any more.
    """
    keys = [place.key for place in _in_order(_places(project, query, now), query.sort)]
    if behind is not None and behind not in keys:
        raise ValidationError({"cursor": [GONE]})
    page = page_of_keys(keys, older=behind, size=size)
    with_authors = signals(project, query).select_related("live_version__created_by")
    by_key = {each.uuid: each for each in with_authors.filter(uuid__in=page.keys)}
    shown = [by_key[key] for key in page.keys if key in by_key]
    return of_signals(project, shown, now), page.older


def of_signals(project: Project, matching: Sequence[Signal], now: datetime) -> list[Summary]:
    """Return what `summaries` does for these signals, in their order."""
    versions = current_versions(matching)
    window = week(now)
    by_signal: dict[int, list[breakdown.Count]] = {signal.pk: [] for signal in matching}
    for count in counts.in_window(project.pk, list(by_signal), window):
        by_signal[count.signal_id].append(count)
    silent = extensions.silent(project)
    return [
        _summary(s, versions.get(s.pk), by_signal[s.pk], window, s.pk in silent) for s in matching
    ]


def _summary(
    signal: Signal,
    version: SignalVersion | None,
    counted: list[breakdown.Count],
    window: Window,
    is_silent: bool,
) -> Summary:
    if version is None:
        return Summary(signal, None, [], 0, 0, None, is_silent)
    total = sum(breakdown.by_label(counted).values())
    return Summary(
        signal=signal,
        version=version,
        segments=breakdown.segments(version, counted),
        total=total,
        unlabelled=sum(count.n for count in counted) - total,
        trend=breakdown.trend(version, counted, window),
        is_silent=is_silent,
    )


def _in_order(places: Iterable[Place], sort: str) -> list[Place]:
    key = SORTS[sort.removeprefix("-")]
    return sorted(sorted(places, key=SORTS["name"]), key=key, reverse=sort.startswith("-"))


def _place(row: Summary) -> Place:
    signal, version = row.signal, row.version
    return Place(
        key=signal.uuid,
        name=signal.name,
        agent=signal.agent.name,
        scope=signal.scope,
        state=signal.state,
        type=version.type if version else "",
        volume=row.total,
    )


def _places(project: Project, query: SignalQuery, now: datetime) -> list[Place]:
    columns = ("pk", "uuid", "name", "agent__name", "scope", "state", "live_version__type")
    rows = list(signals(project, query).values_list(*columns))
    labels: Counter[int] = Counter()
    if query.sort.removeprefix("-") == "volume":
        ids = [pk for pk, *_ in rows]
        for pk, outcome, _label, n in counts.totals(project.pk, ids, week(now)):
            labels[pk] += n if outcome == Outcome.LABELLED else 0
    return [
        Place(key, name, agent, scope, state, kind or "", labels[pk])
        for pk, key, name, agent, scope, state, kind in rows
    ]
