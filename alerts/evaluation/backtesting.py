"""The backtest of a rule on what is stored: the same decision as the live evaluation takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError

from alerts import editing
from alerts.decision import advice, backtest
from alerts.decision.advice import Warning
from alerts.decision.backtest import Backtest
from alerts.decision.rule import Rule
from alerts.decision.series import Series, Stretch, floor
from alerts.editing import Condition
from alerts.evaluation import label_rates, window_counts
from alerts.evaluation.evaluating import minute_to_look_at
from signals_app.definition.versions import current_version
from signals_app.models import Signal
from signals_app.spending import judged_times

#: A backtest goes through every minute.
LONGEST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Replayed:
    """A rule on the counts of a stretch of time."""

    rule: Rule
    since: datetime
    until: datetime
    series: Series
    stretches: list[Stretch]
    found: Backtest


@dataclass(frozen=True, slots=True)
class Tried:
    """A condition on the past, and what speaks against it, worst first."""

    done: Replayed
    warnings: list[Warning]


def replay(
    signal: Signal,
    rule: Rule,
    since: datetime,
    until: datetime,
    now: datetime,
    with_runs: bool = False,
) -> Replayed:
    """Say when the rule would have fired on the signal's stored counts, whether or not it is saved.

    since, until: which minutes are evaluated; never those that are not over yet. A stretch that
    ends now is as long whenever it is asked about, also before the last minute's labels are in.
    with_runs: as if what manual runs labelled had been live, and the signal active all along.
    """
    looked_at = minute_to_look_at(now)
    since -= max(min(floor(until), floor(now)) - looked_at, timedelta(0))
    until, first = min(floor(until), looked_at), floor(since) - rule.reach
    series = window_counts.series(signal, rule.watched, first, until, with_runs)
    if with_runs:
        stretches = [(first, now)]
    else:
        stretches = judged_times.stretches([signal.pk], first, now)[signal.pk]
    result = backtest.replay(rule, series, since, until, stretches)
    return Replayed(rule, since, until, series, stretches, result)


def of_condition(
    signal: Signal,
    condition: Condition,
    start: datetime,
    end: datetime,
    now: datetime,
    with_runs: bool = False,
) -> Tried:
    """Replay a condition as somebody gives it, saved or not, with what speaks against it.

    Raises ValidationError with messages by field: those of `Condition`, and start.
    """
    version = current_version(signal)
    errors = editing.errors_of_condition(condition, version)
    if end - start > LONGEST:
        errors["start"] = [f"At most {LONGEST.days} days back."]
    if errors:
        raise ValidationError(errors)
    rule = condition.rule
    per_day = label_rates.labels_a_day(signal.project, [signal], now)[signal.pk]
    done = replay(signal, rule, start, end, now, with_runs)
    return Tried(done, advice.warnings(rule, version, per_day))
