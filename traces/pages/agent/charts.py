"""The charts of an agent's overview. Pure: figures a step in, drawn charts out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from core.time_range.windows import Window
from core.ui import charts
from core.ui.charts import Series
from traces.figures.agent_overview import Step

MAIN, BESIDE, FAILED, OPEN = "accent", "line-control", "error", "line-strong"


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure with what stands above it: names and tones of its series, and their unit."""

    figure: charts.Figure
    legend: list[tuple[str, str]]
    unit: str


def runs(steps: Sequence[Step], window: Window, zone: tzinfo, now: datetime) -> Chart:
    """Draw how many runs went well, failed, or have not settled yet."""
    series = [
        Series("without error", MAIN, [step.sums.fine for step in steps]),
        Series("failed", FAILED, [step.sums.errors for step in steps]),
    ]
    if any(step.sums.unsettled for step in steps):
        series.append(Series("not settled", OPEN, [step.sums.unsettled for step in steps]))
    return _bars(series, window, zone, now, "runs")


def error_rate(steps: Sequence[Step], window: Window, zone: tzinfo) -> Chart:
    series = [Series("of settled runs failed", FAILED, [step.sums.error_percent for step in steps])]
    return _lines(series, window, zone, "percent", " %")


def latency(steps: Sequence[Step], window: Window, zone: tzinfo) -> Chart:
    """Draw latency, with a gap where no run has settled."""
    series = [
        Series("p50", MAIN, [_seconds(step.latency.p50_ms) for step in steps]),
        Series("p95", BESIDE, [_seconds(step.latency.p95_ms) for step in steps]),
    ]
    return _lines(series, window, zone, "seconds", " s")


def tokens(steps: Sequence[Step], window: Window, zone: tzinfo, now: datetime) -> Chart:
    series = [
        Series("input", MAIN, [step.sums.input_tokens for step in steps]),
        Series("output", BESIDE, [step.sums.output_tokens for step in steps]),
    ]
    return _bars(series, window, zone, now, "tokens")


def cost(steps: Sequence[Step], window: Window, zone: tzinfo, now: datetime) -> Chart:
    """Draw cost as the spans report it."""
    series = [Series("reported cost", MAIN, [step.sums.cost_usd for step in steps])]
    return _bars(series, window, zone, now, "dollars", "%{y:$,.4~f}")


def _bars(
    series: list[Series],
    window: Window,
    zone: tzinfo,
    now: datetime,
    unit: str,
    value: str = "%{y:,}",
) -> Chart:
    filling = window.filling(now)
    figure = charts.stacked_bars(series, window.buckets, filling, zone, value=value)
    return Chart(figure, _legend(series), unit)


def _lines(series: list[Series], window: Window, zone: tzinfo, unit: str, short: str) -> Chart:
    return Chart(charts.lines(series, window.buckets, zone, short), _legend(series), unit)


def _legend(series: Sequence[Series]) -> list[tuple[str, str]]:
    return [(each.name, each.tone) for each in series]


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
