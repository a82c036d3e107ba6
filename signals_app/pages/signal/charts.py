"""The charts of a signal. Pure: counts in, figures out (core/ui/charts.py has the look)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from core.time_range.windows import Window
from core.ui import charts, wording
from core.ui.tones import UNLABELLED
from signals_app.labels import breakdown
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
    """Draw how many of each label fall into each bucket; where labels stand for different numbers
    of targets, for how many they stand, since their own numbers would fall with the rate."""
    by_label = _by_label(counts, breakdown.is_mixed(counts))
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
    sizes, numbers = _by_label(counts, is_weighed=True), _by_label(counts)
    whole = _of_all(sizes), _of_all(numbers)
    colours = tones_of(version)
    series = [
        _share_of(
            charts.Series(name, colours.get(name, UNLABELLED), []),
            (sizes.get(name, {}), numbers.get(name, {})),
            whole,
            window,
        )
        for name in label_names(version, sizes)
    ]
    figure = charts.stacked_bars(series, window.buckets, window.filling(now), zone, marks)
    figure["layout"]["yaxis"] |= {"range": [0, 100], "ticksuffix": " %"}
    return figure


#: By bucket: for how many targets labels stand, and how many they are.
Sizes = tuple[Mapping[datetime, float], Mapping[datetime, float]]


def _share_of(series: charts.Series, of: Sizes, whole: Sizes, window: Window) -> charts.Series:
    values: list[float | None] = []
    hover, pale = [], []
    for at in window.buckets:
        size, n = (by_bucket.get(at, 0) for by_bucket in of)
        size_of_all, n_of_all = (by_bucket.get(at, 0) for by_bucket in whole)
        values.append(100 * size / size_of_all if n_of_all else None)
        said = f"{wording.number(n)} of {wording.number(n_of_all)}"
        hover.append(f"{wording.percent(size, size_of_all)}, {said}" if n_of_all else "")
        pale.append(n_of_all < wording.FEW)
    return replace(series, values=values, hover=hover, pale=pale)


def _by_label(
    counts: Sequence[Count], is_weighed: bool = False
) -> dict[str, dict[datetime, float]]:
    totals: dict[str, dict[datetime, float]] = {}
    for count in counts:
        if count.outcome == Outcome.LABELLED:
            of_label = totals.setdefault(count.label, defaultdict(float))
            of_label[count.bucket] += count.size if is_weighed else count.n
    return totals


def _of_all(by_label: Mapping[str, Mapping[datetime, float]]) -> dict[datetime, float]:
    totals: dict[datetime, float] = defaultdict(float)
    for by_bucket in by_label.values():
        for at, size in by_bucket.items():
            totals[at] += size
    return totals


def shares(version: SignalVersion, counts: Sequence[Count]) -> charts.Figure:
    return charts.donut(segments(version, counts))
