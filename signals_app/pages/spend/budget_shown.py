"""How the budget of a project stands, in words that the page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.ui import wording
from signals_app.models import Budget, RateStep
from signals_app.spending import amounts, budgets, rates
from signals_app.spending.budgets import Standing
from signals_app.spending.forecast import Forecast, forecast
from signals_app.spending.regulation import Month
from teams.models import Project

WHY = {
    RateStep.Why.FORECAST: "at full rates the month would have taken more than the budget",
    RateStep.Why.SPENT: "the budget of the month is spent; it goes on with the next month, or with "
    "a larger budget",
    RateStep.Why.EASED: "the rest of the budget allows more again",
    RateStep.Why.MONTH: "a new month began",
    RateStep.Why.CHANGED: "the budget was changed",
    RateStep.Why.REMOVED: "the budget was taken away",
}
#: Changes of the rate that the page lists.
STEPS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class StepShown:
    since: datetime
    factor: float
    why: str
    spent: str


@dataclass(frozen=True, slots=True)
class MonthShown:
    """standing: None without a budget. percent: of it, at most 100, for the bar. steps: the newest
    changes of the rate, newest first."""

    month: Month
    unit: str
    spent: str
    forecast: Forecast | None
    forecast_text: str
    interval_text: str
    standing: Standing | None
    amount: str
    left: str
    reserved: str
    percent: int
    percent_text: str
    steps: list[StepShown]


def said(amount: float, unit: str) -> str:
    """Say an amount in its unit."""
    if unit == Budget.Unit.USD:
        return wording.usd(amount)
    return f"{wording.number(round(amount))} label{'' if round(amount) == 1 else 's'}"


def read(project: Project, now: datetime) -> MonthShown:
    """Read how the month of a project stands."""
    standing = budgets.of_project(project, now)
    unit = str(standing.budget.unit if standing else Budget.Unit.USD)
    month = Month.of(now)
    spent = standing.spent if standing else amounts.spent_in(project.pk, unit, month)
    found = forecast(spent, amounts.last_days(project.pk, unit, now), _days_left(month, now))
    used = standing.used if standing else 0.0
    return MonthShown(
        month=month,
        unit=unit,
        spent=said(spent, unit),
        forecast=found,
        forecast_text=f"≈ {said(found.total, unit)}" if found else "",
        interval_text=_interval(found, unit) if found else "",
        standing=standing,
        amount=said(standing.budget.amount, unit) if standing else "",
        left=said(standing.left, unit) if standing else "",
        reserved=said(standing.reserved, unit) if standing and standing.reserved else "",
        percent=min(100, round(100 * used)),
        percent_text=f"{100 * used:.0f} %",
        steps=_steps(project, now),
    )


def _interval(found: Forecast, unit: str) -> str:
    if found.low is None or found.high is None:
        return "few days"
    return f"{said(found.low, unit)} to {said(found.high, unit)} (80 % interval)"


def _days_left(month: Month, now: datetime) -> float:
    return (month.end - now) / timedelta(days=1)


def _steps(project: Project, now: datetime) -> list[StepShown]:
    rows = RateStep.objects.filter(project=project).order_by("-since")[:STEPS_SHOWN]
    return [
        StepShown(row.since, row.factor, WHY[RateStep.Why(row.why)], said(row.spent, row.unit))
        for row in rows
    ]


def lowered_now(project: Project, now: datetime) -> StepShown | None:
    """Return the step by which rates are lowered at this moment, if any."""
    step = budgets.newest_step(project, now)
    if step is None or step.factor == 1:
        return None
    return StepShown(
        step.since, step.factor, WHY[RateStep.Why(step.why)], said(step.spent, step.unit)
    )


def changes_in(project: Project, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
    """Return the factors that began in a stretch of time, for marks on charts."""
    steps = rates.factors_of([project.pk], start).steps.get(project.pk, ())
    return [(since, factor) for since, factor in steps if start <= since < end]
