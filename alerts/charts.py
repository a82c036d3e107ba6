"""The chart of an alert. Pure: the minutes of a replay in, a figure out (core/ui/charts.py has the
look).

The metric is drawn in its own unit, and beside it what it has to reach: for a change rule that is
the window before, moved by the percentage. So one axis serves every kind of rule, and a firing is
where the two lines meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from alerts.decision.backtest import Backtest, Event, Point
from alerts.decision.decide import Verdict
from alerts.decision.rule import Metric, Operator, Rule
from alerts.text import wording
from core.ui import charts
from core.ui.charts import Figure, Series, Spots
from core.ui.tones import UNLABELLED
from signals_app.labels.breakdown import tone_of
from signals_app.models import SignalVersion

#: More than a chart has pixels for only makes the page heavy.
MOST_POINTS = 480
FIRED, SUPPRESSED, HELD = (
    ("would have fired", "error", "diamond"),
    ("suppressed by the cooldown", "error", "diamond-open"),
    ("held back by the guard", "warning", "circle-open"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend. shape: a class of static/css/alerts.css."""

    text: str
    shape: str
    tone: str


def tone(rule: Rule, version: SignalVersion) -> str:
    """Return the colour of the watched label; volume is of no label."""
    if rule.metric == Metric.LABEL_VOLUME:
        return "accent"
    label_tone = tone_of(version, rule.watched)
    return "accent" if label_tone == UNLABELLED else label_tone


def spots(backtest: Backtest) -> list[Spots]:
    """Mark what happened in a replay; the firings are drawn last, above the others."""
    kinds = ((SUPPRESSED, backtest.suppressed), (HELD, backtest.held), (FIRED, backtest.firings))
    return [Spots(*kind, at=[_spot(event) for event in events]) for kind, events in kinds if events]


def figure(
    rule: Rule, points: Sequence[Point], marked: Sequence[Spots], tone: str, zone: tzinfo
) -> Figure:
    """points: one a minute; thinned here. marked: values in the metric's own unit."""
    kept, blank = thinned(rule, points)
    scale = 100 if rule.metric.is_share else 1
    return charts.line_with_limit(
        line=Series(
            wording.metric_name(rule.metric, rule.label), tone, _scaled(kept, "value", scale)
        ),
        limit=Series("fires at", "text-faint", _scaled(kept, "line", scale)),
        times=[point.at for point in kept],
        blank=blank,
        spots=[_scaled_spots(each, scale) for each in marked],
        zone=zone,
        unit=" %" if rule.metric.is_share else "",
    )


def legend(rule: Rule, backtest: Backtest, tone: str) -> list[Key]:
    """Name only what is on the chart."""
    keys = [
        Key(wording.metric_name(rule.metric, rule.label), "line", tone),
        Key("fires at", "dashes", "text-faint"),
    ]
    keys += [Key(spot.name, spot.symbol, spot.tone) for spot in reversed(spots(backtest))]
    if backtest.missing:
        keys.append(Key("not evaluable", "shade", "line-strong"))
    return keys


def thinned(rule: Rule, points: Sequence[Point]) -> tuple[list[Point], list[bool]]:
    """Return at most `MOST_POINTS`, each standing for a few minutes: of them the one nearest to
    firing, so that no crossing is lost; and whether most of those minutes were not evaluable."""
    size = -(-len(points) // MOST_POINTS) or 1
    chunks = [points[start : start + size] for start in range(0, len(points), size)]
    blank = [2 * sum(_is_blank(point) for point in chunk) > len(chunk) for chunk in chunks]
    return [min(chunk, key=lambda point: _distance(rule, point)) for chunk in chunks], blank


def _distance(rule: Rule, point: Point) -> float:
    """Return the distance from firing, in the metric's unit; what has no value is the farthest."""
    if point.value is None:
        return float("inf")
    short = (point.line or 0.0) - point.value
    return short if rule.operator == Operator.GTE else -short


def _is_blank(point: Point) -> bool:
    return point.verdict is Verdict.NOT_EVALUABLE


def _scaled(points: Sequence[Point], name: str, scale: int) -> list[float | None]:
    values = (getattr(point, name) for point in points)
    return [None if value is None else round(value * scale, 4) for value in values]


def _spot(event: Event) -> tuple[datetime, float | None]:
    return event.at, event.reading.value


def _scaled_spots(spots_of_kind: Spots, scale: int) -> Spots:
    moved = [
        (at, None if value is None else round(value * scale, 4)) for at, value in spots_of_kind.at
    ]
    return Spots(spots_of_kind.name, spots_of_kind.tone, spots_of_kind.symbol, moved)
