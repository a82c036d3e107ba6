"""The rows of the signals table: each signal with what its labels of 7 days say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from core.time_range.windows import Window
from core.ui.tones import Segment
from signals_app import extensions
from signals_app.labels import breakdown, counts
from signals_app.models import Signal, SignalVersion
from teams.models import Project

DAYS = timedelta(days=7)
TREND_STEP = timedelta(hours=6)


@dataclass(frozen=True)
class Row:
    signal: Signal
    version: SignalVersion | None
    segments: list[Segment]
    total: int
    unlabelled: int
    trend: breakdown.Trend | None
    is_silent: bool  # gives no labels, though traffic comes


SORTS: dict[str, Callable[[Row], Any]] = {
    "name": lambda row: row.signal.name.lower(),
    "agent": lambda row: (row.signal.agent.name.lower(), row.signal.name.lower()),
    "scope": lambda row: row.signal.scope,
    "type": lambda row: row.version.type if row.version else "",
    "state": lambda row: row.signal.state,
    "volume": lambda row: row.total,
}


def signals(project: Project, chosen: dict[str, Any]) -> QuerySet[Signal]:
    """Those that the filters leave; archived ones only when asked for."""
    found = Signal.objects.filter(project=project).select_related("agent", "live_version")
    if chosen.get("agent"):
        found = found.filter(agent=chosen["agent"])
    if chosen.get("state"):
        found = found.filter(state=chosen["state"])
    else:
        found = found.exclude(state=Signal.State.ARCHIVED)
    if text := chosen.get("q"):
        found = found.filter(Q(name__icontains=text) | Q(agent__name__icontains=text))
    return found


def week(now: datetime) -> Window:
    start = Window.last(DAYS, now)
    return Window(start.end - DAYS, start.end, TREND_STEP)


def rows(project: Project, chosen: dict[str, Any], now: datetime) -> list[Row]:
    found = list(signals(project, chosen))
    versions = versions_shown(found)
    window = week(now)
    by_signal: dict[int, list[breakdown.Count]] = {signal.pk: [] for signal in found}
    for count in counts.in_window(project.pk, list(by_signal), window):
        by_signal[count.signal_id].append(count)
    silent = extensions.silent(project)
    made = [_row(s, versions.get(s.pk), by_signal[s.pk], window, s.pk in silent) for s in found]
    return _sorted(made, chosen.get("sort") or "name")


def versions_shown(found: Iterable[Signal]) -> dict[int, SignalVersion]:
    """The live version of each signal, else its newest one: a draft has no live one."""
    versions = {s.pk: s.live_version for s in found if s.live_version is not None}
    others = [signal.pk for signal in found if signal.pk not in versions]
    if others:
        newest = SignalVersion.objects.filter(signal__in=others).order_by("number")
        versions |= {version.signal_id: version for version in newest}
    return versions


def _row(
    signal: Signal,
    version: SignalVersion | None,
    found: list[breakdown.Count],
    window: Window,
    is_silent: bool,
) -> Row:
    if version is None:
        return Row(signal, None, [], 0, 0, None, is_silent)
    total = sum(breakdown.by_label(found).values())
    return Row(
        signal=signal,
        version=version,
        segments=breakdown.segments(version, found),
        total=total,
        unlabelled=sum(count.n for count in found) - total,
        trend=breakdown.trend(version, found, window),
        is_silent=is_silent,
    )


def _sorted(made: list[Row], sort: str) -> list[Row]:
    key = SORTS[sort.removeprefix("-")]
    return sorted(sorted(made, key=SORTS["name"]), key=key, reverse=sort.startswith("-"))
