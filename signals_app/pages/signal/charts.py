"""The charts of a signal. Pure: counts in, figures out (core/ui/charts.py has the look)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo

from core.time_range.windows import Window
from core.ui import charts, wording
from core.ui.tones import UNLABELLED
from signals_app.labels.breakdown import Count, label_names, segments, tones_of
from signals_app.models import Outcome, SignalVersion


def over_time(
    version: SignalVersion,
    counts: Sequence[Count],
    window: Window,
    zone: tzinfo,
    now: datetime,
    marks: Sequence[charts.Mark] = (),
) -> charts.Figure:
    """Draw how many of each label fall into each bucket."""
    by_label = _by_label(counts)
    colours = tones_of(version)
    series = [
        charts.Series(name, colours.get(name, UNLABELLED), window.fill(by_label.get(name, {}), 0))
        for name in label_names(version, by_label)
    ]
    return charts.stacked_bars(series, window.buckets, window.filling(now), zone, marks)


def shares_over_time(
    version: SignalVersion,
    counts: Sequence[Count],
    window: Window,
    zone: tzinfo,
    now: datetime,
    marks: Sequence[charts.Mark] = (),
) -> charts.Figure:
    """Draw what part of each bucket's labels each label is, in percent; no bar where there are
    none."""
    by_label = _by_label(counts)
    totals: Counter[datetime] = sum(by_label.values(), Counter())
    colours = tones_of(version)
    series = [
        _share_of(
            name, colours.get(name, UNLABELLED), by_label.get(name, Counter()), totals, window
        )
        for name in label_names(version, by_label)
    ]
    figure = charts.stacked_bars(series, window.buckets, window.filling(now), zone, marks)
    figure["layout"]["yaxis"] |= {"range": [0, 100], "ticksuffix": " %"}
    return figure


def _share_of(
    name: str, tone: str, n: Counter[datetime], totals: Counter[datetime], window: Window
) -> charts.Series:
    of = [(n[bucket], totals[bucket]) for bucket in window.buckets]
    return charts.Series(
        name,
        tone,
        [100 * part / whole if whole else None for part, whole in of],
        [wording.part(part, whole) for part, whole in of],
        [whole < wording.FEW for _part, whole in of],
    )


def _by_label(counts: Sequence[Count]) -> dict[str, Counter[datetime]]:
    totals: dict[str, Counter[datetime]] = {}
    for count in counts:
        if count.outcome == Outcome.LABELLED:
            totals.setdefault(count.label, Counter())[count.bucket] += count.n
    return totals


def shares(version: SignalVersion, counts: Sequence[Count]) -> charts.Figure:
    return charts.donut(segments(version, counts))
