"""What a rule would have done: the backtest of the stored counts, as a chart and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from alerts import charts
from alerts.decision import chance
from alerts.decision.backtest import Backtest
from alerts.decision.chance import FalseFirings
from alerts.decision.decide import Missing
from alerts.decision.rule import Rule
from alerts.evaluation import backtesting, window_counts
from alerts.text import wording
from core.ui import wording as words
from core.ui.charts import Figure
from signals_app.models import Signal, SignalVersion

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Preview:
    """chart: None where there was no label in all that time. line: what the dashed line is.
    missing: (reason, share of minutes) of what was not evaluable, and their share together."""

    chart: Figure | None
    legend: list[charts.Key]
    outcome: str
    line: str
    missing: list[tuple[str, str]]
    missing_share: str
    chance: str  # what chance alone would do, "" where that cannot be said
    with_runs: bool


def of_days(
    signal: Signal,
    version: SignalVersion,
    rule: Rule,
    days: int,
    zone: tzinfo,
    now: datetime,
    with_runs: bool = False,
) -> Preview:
    """Preview the last `days`, as the form shows them."""
    done = backtesting.replay(signal, rule, now - days * DAY, now, now, with_runs)
    result, tone = done.found, charts.tone(rule, version)
    has_labels = bool(done.series.versions)
    return Preview(
        chart=charts.figure(rule, result.points, charts.spots(result), tone, zone)
        if has_labels
        else None,
        legend=charts.legend(rule, result, tone),
        outcome=outcome(result),
        line=line(rule),
        missing=missing(result),
        missing_share=words.percent(sum(result.missing.values()), len(result.points) or 1),
        chance=by_chance(rule, done),
        with_runs=with_runs,
    )


def of_runs(signal: Signal, days: int, now: datetime) -> int:
    """Labels of the last `days` that come from manual runs."""
    return window_counts.labelled_by_runs(signal, now - days * DAY, now)


def is_mostly_run(signal: Signal, now: datetime, days: int) -> bool:
    """Say whether a preview without runs would have little to show: the signal is younger than
    it."""
    begun = signal.activated_at
    return (begun is None or begun > now - days * DAY) and of_runs(signal, days, now) > 0


def outcome(backtest: Backtest) -> str:
    """ "Would have fired 3 times; 2 more suppressed by the cooldown; 5 held back by the guard." """
    n = len(backtest.firings)
    parts = [f"Would have fired {_times(n)}" if n else "Would not have fired"]
    if backtest.suppressed:
        parts.append(f"{words.number(len(backtest.suppressed))} more suppressed by the cooldown")
    if backtest.held:
        parts.append(f"{words.number(len(backtest.held))} held back by the guard")
    return "; ".join(parts) + "."


def missing(backtest: Backtest) -> list[tuple[str, str]]:
    """Why minutes were not evaluable, the commonest reason first, with its share of all."""
    total = len(backtest.points)
    ranked: Mapping[Missing, int] = backtest.missing
    return [
        (wording.MISSING[reason], words.percent(n, total))
        for reason, n in sorted(ranked.items(), key=lambda item: -item[1])
    ]


def by_chance(rule: Rule, done: backtesting.Replayed) -> str:
    """Say how often the rule would fire on this traffic if nothing changed in it."""
    if not rule.can_guard:
        return ""
    often = chance.false_firings(rule, done.series, done.since, done.until, done.stretches)
    return "" if often is None else _often(often)


def _often(often: FalseFirings) -> str:
    bare, guarded = _about(often.bare), _about(often.guarded)
    where = "On this signal's own traffic, chance alone"
    return f"{where} fires this {bare} a month without the guard, {guarded} with it."


def _about(times: float) -> str:
    if times < 0.5:
        return "less than once"
    return "about once" if times < 1.5 else f"about {words.number(round(times))} times"


def line(rule: Rule) -> str:
    """Say what the dashed line is, to stand after its name."""
    if not rule.is_change:
        return f"the threshold, {wording.threshold(rule)}"
    way = "plus" if rule.threshold >= 0 else "less"
    before = f"the {wording.span(rule.window)} before"
    return f"{before} {way} {abs(rule.threshold):g} %: what it takes to fire"


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{words.number(n)} times")
