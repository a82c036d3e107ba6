"""How the budget of a project stands, in words that the page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from signals_app.models import Budget, RateStep
from signals_app.spending import amounts, budgets
from signals_app.spending.budgets import Standing
from signals_app.spending.forecast import Forecast, forecast
from signals_app.spending.regulation import Month
from signals_app.spending.words import amount_text
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
        spent=amount_text(spent, unit),
        forecast=found,
        forecast_text=f"≈ {amount_text(found.total, unit)}" if found else "",
        interval_text=_interval(found, unit) if found else "",
        standing=standing,
        amount=amount_text(standing.budget.amount, unit) if standing else "",
        left=amount_text(standing.left, unit) if standing else "",
        reserved=amount_text(standing.reserved, unit) if standing and standing.reserved else "",
        percent=min(100, round(100 * used)),
        percent_text=f"{100 * used:.0f} %",
        steps=_steps(project),
    )


def _interval(found: Forecast, unit: str) -> str:
    if found.low is None or found.high is None:
        return "few days"
    return f"{amount_text(found.low, unit)} to {amount_text(found.high, unit)} (80 % interval)"


def _days_left(month: Month, now: datetime) -> float:
    return (month.end - now) / timedelta(days=1)


def _steps(project: Project) -> list[StepShown]:
    rows = RateStep.objects.filter(project=project).order_by("-since")
    return [_step(row) for row in rows[:STEPS_SHOWN]]


def _step(row: RateStep) -> StepShown:
    spent = amount_text(row.spent, row.unit)
    return StepShown(row.since, row.factor, WHY[RateStep.Why(row.why)], spent)


def lowered_now(project: Project, now: datetime) -> StepShown | None:
    """Return the step by which rates are lowered at this moment, if any."""
    step = budgets.newest_step(project, now)
    return None if step is None or step.factor == 1 else _step(step)
