"""The charts of a signal. Pure: counts in, figures out (core/charts.py has the look)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo

from core import charts
from core.tones import UNLABELLED
from core.windows import Window
from signals_app.models import Outcome, SignalVersion
from signals_app.pages.breakdown import Count, label_names, segments, tones_of


def over_time(
    version: SignalVersion,
    counts: Sequence[Count],
    window: Window,
    zone: tzinfo,
    now: datetime,
    marks: Sequence[charts.Mark] = (),
) -> charts.Figure:
    """How many of each label fall into each bucket."""
    found: dict[str, Counter[datetime]] = {}
    for count in counts:
        if count.outcome == Outcome.LABELLED:
            found.setdefault(count.label, Counter())[count.bucket] += count.n
    colours = tones_of(version)
    series = [
        charts.Series(name, colours.get(name, UNLABELLED), window.fill(found.get(name, {}), 0))
        for name in label_names(version, found)
    ]
    return charts.stacked_bars(series, window.buckets, window.filling(now), zone, marks)


def shares(version: SignalVersion, counts: Sequence[Count]) -> charts.Figure:
    return charts.donut(segments(version, counts))
