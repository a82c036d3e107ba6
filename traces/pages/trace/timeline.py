"""The waterfall of a trace: where each span begins and how long it takes. Pure.

Places and widths are percentages of the whole trace, so that the drawing fits any width
without a script. They are rounded to a hundredth, the axis to a round number of its unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from traces.records import StoredSpan

#: A narrower bar could not be seen, nor hit.
LEAST_WIDTH: Final = 0.35
MOST_TICKS: Final = 6
NS_PER_MS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Bar:
    """One span's bar. `x` and `width` are percent; both stay within the axis."""

    x: float
    width: float
    offset_ms: float  # from the beginning of the trace
    duration_ms: float | None  # None: the span has not ended
    is_open: bool


@dataclass(frozen=True, slots=True)
class Tick:
    x: float  # percent
    after_ms: float


@dataclass(frozen=True, slots=True)
class Timeline:
    bars: list[Bar]  # in the order of the spans
    ticks: list[Tick]
    total_ms: float


def layout(spans: Sequence[StoredSpan], start_ns: int, end_ns: int) -> Timeline:
    """Bars on the axis from `start_ns` to `end_ns`, of the whole trace and not of `spans` alone.

    A span without an end is drawn to the end of the axis; one that lies outside is clipped.
    """
    length_ns = max(end_ns - start_ns, 1)
    return Timeline(
        bars=[_bar(span, start_ns, length_ns) for span in spans],
        ticks=_ticks(length_ns / NS_PER_MS),
        total_ms=length_ns / NS_PER_MS,
    )


def _bar(span: StoredSpan, start_ns: int, length_ns: int) -> Bar:
    is_open = not span.end_ns
    begun = _percent(span.start_ns - start_ns, length_ns)
    ended = 100.0 if is_open else max(begun, _percent(span.end_ns - start_ns, length_ns))
    width = round(max(ended - begun, LEAST_WIDTH), 2)
    x = round(min(begun, 100.0 - width), 2)
    return Bar(
        x=x,
        width=width,
        offset_ms=(span.start_ns - start_ns) / NS_PER_MS,
        duration_ms=None if is_open else (span.end_ns - span.start_ns) / NS_PER_MS,
        is_open=is_open,
    )


def _percent(part_ns: int, length_ns: int) -> float:
    return min(max(100.0 * part_ns / length_ns, 0.0), 100.0)


def _ticks(length_ms: float) -> list[Tick]:
    """Place ticks at multiples of 1, 2 or 5 times a power of ten, at most `MOST_TICKS` and the
    zero."""
    step = 1e-6
    while True:
        for factor in (1, 2, 5):
            if length_ms / (step * factor) <= MOST_TICKS:
                return _every(step * factor, length_ms)
        step *= 10


def _every(step_ms: float, length_ms: float) -> list[Tick]:
    places = range(int(length_ms / step_ms + 1e-9) + 1)
    return [Tick(round(100.0 * n * step_ms / length_ms, 2), n * step_ms) for n in places]
