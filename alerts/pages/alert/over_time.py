"""The chart of an alert's metric over a range, with the firings that really were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from alerts import charts
from alerts.evaluation import backtesting
from alerts.models import Alert
from alerts.pages.form import preview
from core.time_range.windows import Window
from core.ui.charts import Figure, Spots
from signals_app.definition.versions import current_version

#: Every minute is evaluated anew for the chart: beyond this it would keep the reader waiting.
LONGEST = timedelta(days=31)
FIRED = ("fired", "error", "diamond")


@dataclass(frozen=True, slots=True)
class OverTime:
    """chart: None without any label. since: where it begins, later than asked if is_cut."""

    chart: Figure | None
    legend: list[charts.Key]
    line: str
    since: datetime
    is_cut: bool
    fired: int


def of(alert: Alert, window: Window, zone: tzinfo, now: datetime) -> OverTime:
    since = max(window.start, window.end - LONGEST)
    rule, tone = alert.rule, charts.tone(alert.rule, current_version(alert.signal))
    done = backtesting.replay(alert.signal, rule, since, window.end, now)
    fired = fired_between(alert, since, window.end)
    keys = [key for key in charts.legend(rule, done.found, tone) if key.shape not in SHAPES]
    if fired:
        keys.insert(2, charts.Key(*_key(FIRED)))
    marked = [Spots(*FIRED, at=fired)] if fired else []
    has_labels = bool(done.series.versions)
    return OverTime(
        chart=charts.figure(rule, done.found.points, marked, tone, zone) if has_labels else None,
        legend=keys,
        line=preview.line(rule),
        since=since,
        is_cut=since > window.start,
        fired=len(fired),
    )


SHAPES = {charts.FIRED[2], charts.SUPPRESSED[2], charts.HELD[2]}


def fired_between(
    alert: Alert, since: datetime, until: datetime
) -> list[tuple[datetime, float | None]]:
    """Firings of what the alert watches today: another metric's have another unit."""
    fired = alert.firings.filter(
        at__gte=since, at__lt=until, metric=alert.metric, label=alert.label
    )
    return list(fired.order_by("at").values_list("at", "value"))


def _key(spot: tuple[str, str, str]) -> tuple[str, str, str]:
    name, tone, symbol = spot
    return name, symbol, tone
