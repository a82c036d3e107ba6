"""The signals of a project, each with what its labels of the last 7 days say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from core.time_range.windows import Window
from core.ui.tones import Segment
from signals_app import extensions
from signals_app.definition.versions import current_versions
from signals_app.labels import breakdown, counts
from signals_app.models import Signal, SignalVersion
from teams.models import Project
from traces.models import Agent

DAYS = timedelta(days=7)
TREND_STEP = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class SignalQuery:
    """Which signals are asked for, and in which order.

    text: part of the signal's or its agent's name. state: "" leaves out the archived ones.
    sort: a name of `SORTS`, with "-" before it for the other way.
    """

    text: str = ""
    agent: Agent | None = None
    state: str = ""
    sort: str = "name"

    def __post_init__(self) -> None:
        """Raise ValidationError by field for a state or an order that does not exist."""
        errors = {}
        if self.state and self.state not in Signal.State.values:
            errors["state"] = [f"Choose one of {', '.join(Signal.State.values)}."]
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


SORTS: dict[str, Callable[[Summary], Any]] = {
    "name": lambda row: row.signal.name.lower(),
    "agent": lambda row: (row.signal.agent.name.lower(), row.signal.name.lower()),
    "scope": lambda row: row.signal.scope,
    "type": lambda row: row.version.type if row.version else "",
    "state": lambda row: row.signal.state,
    "volume": lambda row: row.total,
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
    matching = list(signals(project, query))
    versions = current_versions(matching)
    window = week(now)
    by_signal: dict[int, list[breakdown.Count]] = {signal.pk: [] for signal in matching}
    for count in counts.in_window(project.pk, list(by_signal), window):
        by_signal[count.signal_id].append(count)
    silent = extensions.silent(project)
    made = [
        _summary(s, versions.get(s.pk), by_signal[s.pk], window, s.pk in silent) for s in matching
    ]
    return _sorted(made, query.sort)


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


def _sorted(made: list[Summary], sort: str) -> list[Summary]:
    key = SORTS[sort.removeprefix("-")]
    return sorted(sorted(made, key=SORTS["name"]), key=key, reverse=sort.startswith("-"))
