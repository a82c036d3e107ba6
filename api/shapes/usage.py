"""What judging came to and what it cost, day by day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from ninja import Schema

from api.shapes import signals
from api.shapes.signals import SignalRef
from signals_app.models import Outcome, Signal
from signals_app.spending.budgets import Standing
from signals_app.spending.usage import DayOfSignal, Total, total


class UsageSums(Schema):
    """What was judged. labels: answers with a label; unlabelled: others by outcome. asked: targets
    that the judge was asked about, priced: of these at a known price. Tokens are null where no
    answer tells them, cost_usd where none has a price; cached tokens are part of the input."""

    labels: int
    unlabelled: dict[str, int]
    asked: int
    priced: int
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


class DayOfUsage(UsageSums):
    """One signal on one day. signal: null for trials of questions that were never saved; source:
    live, run or trial."""

    day: datetime.date
    signal: SignalRef | None
    source: str


class UsageShape(Schema):
    """Usage by day, signal and source; days are those of the time zone."""

    start: datetime.datetime
    end: datetime.datetime
    time_zone: str
    days: list[DayOfUsage]
    totals: UsageSums


def days_of(days: Iterable[DayOfSignal], known: Mapping[int, Signal]) -> list[DayOfUsage]:
    """known: the signals by primary key."""
    return [
        DayOfUsage(
            day=each.day,
            signal=_signal(known.get(each.signal_id or 0)),
            source=each.source,
            **_sums(each),
        )
        for each in days
    ]


def _signal(signal: Signal | None) -> SignalRef | None:
    return signals.ref(signal) if signal else None


def _sums(day: DayOfSignal | Total) -> dict[str, Any]:
    unlabelled = {name: n for name, n in day.outcomes.items() if name != Outcome.LABELLED}
    return {
        "labels": day.outcomes.get(Outcome.LABELLED, 0),
        "unlabelled": unlabelled,
        "asked": day.asked,
        "priced": day.priced,
        "input_tokens": day.input_tokens,
        "cached_tokens": day.cached_tokens,
        "output_tokens": day.output_tokens,
        "cost_usd": day.cost_usd,
    }


def totals_of(days: Iterable[DayOfSignal]) -> UsageSums:
    """Return what all days come to."""
    return UsageSums(**_sums(total(days)))


class BudgetShape(Schema):
    """The budget of a project for each calendar month of UTC, and how this month stands. unit: usd
    or labels. spent: live, in runs and in trials; reserved: what waits to be judged may take.
    factor: by which the sample rates of all signals are multiplied now, since when and why; 0 while
    nothing is judged because all is spent."""

    unit: str
    amount: float
    month_start: datetime.datetime
    month_end: datetime.datetime
    spent: float
    reserved: float
    left: float
    factor: float
    factor_since: datetime.datetime | None
    factor_reason: str


class BudgetAnswer(Schema):
    """The budget, null where the project has none."""

    budget: BudgetShape | None


def budget_of(standing: Standing) -> BudgetShape:
    step = standing.step
    return BudgetShape(
        unit=standing.budget.unit,
        amount=standing.budget.amount,
        month_start=standing.month.start,
        month_end=standing.month.end,
        spent=standing.spent,
        reserved=standing.reserved,
        left=standing.left,
        factor=standing.factor,
        factor_since=step.since if step else None,
        factor_reason=step.get_why_display() if step else "",
    )
