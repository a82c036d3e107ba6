"""Labels by hour as columns that every mail client draws: heights in pixels for the cells of a
table, and the same numbers in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from alerts.overview.report import SENTIMENTS, Bar
from core.ui import wording

HEIGHT_PX = 72
ROW = 6  # hours in a line of the text
#: Top down, as the columns are stacked.
STACK = tuple(reversed(SENTIMENTS))


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a column; tone as in core/ui/tones.py."""

    tone: str
    height: int


@dataclass(frozen=True, slots=True)
class Column:
    """One hour, its parts top down."""

    hour: str
    labels: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """width: of a column, in per cent of all. ticks: hours that are written below, with the number
    of columns that each stands under. lines: hours and their labels, as text."""

    columns: tuple[Column, ...]
    width: float
    ticks: tuple[tuple[str, int], ...]
    peak: str
    lines: tuple[str, ...]


def chart(bars: Sequence[Bar], zone: ZoneInfo) -> Chart | None:
    """Draw the labels of a day by hour; None of a day without labels."""
    most = max((bar.labels for bar in bars), default=0)
    if not most:
        return None
    columns = tuple(_column(bar, most, zone) for bar in bars)
    rows = [columns[first : first + ROW] for first in range(0, len(columns), ROW)]
    return Chart(
        columns=columns,
        width=round(100 / len(columns), 3),
        ticks=tuple((row[0].hour, len(row)) for row in rows),
        peak=_peak(max(bars, key=lambda bar: bar.labels), zone),
        lines=tuple(f"{row[0].hour} on: {', '.join(_n(c.labels) for c in row)}" for row in rows),
    )


def _column(bar: Bar, most: int, zone: ZoneInfo) -> Column:
    parts, done, drawn = [], 0, 0
    for sentiment in SENTIMENTS:
        done += bar.by_sentiment[sentiment]
        top = round(HEIGHT_PX * done / most)
        if bar.by_sentiment[sentiment]:
            top = max(top, drawn + 1)  # one label among thousands is still seen
            parts.append(Part(f"{sentiment}-1", top - drawn))
        drawn = top
    return Column(f"{bar.at.astimezone(zone):%H:%M}", bar.labels, tuple(reversed(parts)))


def _peak(bar: Bar, zone: ZoneInfo) -> str:
    parts = ", ".join(f"{_n(bar.by_sentiment[s])} {s}" for s in STACK if bar.by_sentiment[s])
    return f"Most in the hour from {bar.at.astimezone(zone):%H:%M}: {_n(bar.labels)} ({parts})"


def _n(number: int) -> str:
    return wording.number(number)
