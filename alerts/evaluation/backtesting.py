"""The backtest of a rule on what is stored: the same decision as the live evaluation takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.decision import backtest
from alerts.decision.backtest import Backtest
from alerts.decision.rule import Rule
from alerts.decision.series import Series, Stretch, floor
from alerts.evaluation import window_counts
from alerts.evaluation.evaluating import minute_to_look_at
from signals_app.definition import activity
from signals_app.models import Signal


@dataclass(frozen=True, slots=True)
class Replayed:
    """A rule on the counts of a stretch of time."""

    rule: Rule
    since: datetime
    until: datetime
    series: Series
    stretches: list[Stretch]
    found: Backtest


def replay(
    signal: Signal,
    rule: Rule,
    since: datetime,
    until: datetime,
    now: datetime,
    with_runs: bool = False,
) -> Replayed:
    """Say when the rule would have fired on the signal's stored counts, whether or not it is saved.

    since, until: which minutes are evaluated; never those that are not over yet.
    with_runs: as if what manual runs labelled had been live, and the signal active all along.
    """
    until, first = min(floor(until), minute_to_look_at(now)), floor(since) - rule.reach
    series = window_counts.series(signal, rule.watched, first, until, with_runs)
    if with_runs:
        stretches = [(first, now)]
    else:
        stretches = activity.stretches([signal.pk], first, now)[signal.pk]
    result = backtest.replay(rule, series, since, until, stretches)
    return Replayed(rule, since, until, series, stretches, result)
