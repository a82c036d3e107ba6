"""A project's budget: set, taken away, read; and the pass that lowers rates so that it lasts."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from core import log_lines
from core.time_range.windows import ceil
from signals_app.models import Budget, RateStep
from signals_app.spending import amounts, regulation
from signals_app.spending.regulation import Decision, Month, State
from teams import audit
from teams.models import Project, User

log = logging.getLogger(__name__)

MOST_USD: Final = 1_000_000
MOST_LABELS: Final = 1_000_000_000
MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a project stands this month. step: the one that holds, None while nothing was lowered."""

    budget: Budget
    month: Month
    spent: float
    reserved: float
    step: RateStep | None

    @property
    def left(self) -> float:
        return max(0.0, self.budget.amount - self.spent - self.reserved)

    @property
    def used(self) -> float:
        """The part that is spent; may be above 1."""
        return self.spent / self.budget.amount

    @property
    def is_near(self) -> bool:
        return self.used >= regulation.NOTICE_AT

    @property
    def is_spent(self) -> bool:
        return self.spent >= self.budget.amount

    @property
    def factor(self) -> float:
        return self.step.factor if self.step else 1.0


def of_project(project: Project, now: datetime) -> Standing | None:
    """Return how the budget of a project stands; None without one."""
    budget = Budget.objects.filter(project=project).select_related("set_by").first()
    if budget is None:
        return None
    month = Month.of(now)
    return Standing(
        budget=budget,
        month=month,
        spent=amounts.spent_in(project.pk, budget.unit, month),
        reserved=amounts.reserved(project.pk, budget.unit, now),
        step=newest_step(project, now),
    )


def newest_step(project: Project, now: datetime) -> RateStep | None:
    """Return the step that holds at a moment."""
    return RateStep.objects.filter(project=project, since__lte=now).order_by("-since").first()


@transaction.atomic
def set_budget(
    project: Project, unit: str, amount: float, user: User | None, now: datetime
) -> Budget:
    """Give the project a budget for each calendar month (UTC), this one included; rates follow at
    once.

    unit: usd or labels. Raise ValidationError with messages by field: unit, amount.
    """
    errors: dict[str, list[str]] = {}
    if unit not in Budget.Unit.values:
        errors["unit"] = [f"Choose one of {', '.join(Budget.Unit.values)}."]
    most = MOST_LABELS if unit == Budget.Unit.LABELS else MOST_USD
    if not isfinite(amount) or not 0 < amount <= most:
        errors["amount"] = [f"Choose more than 0 and at most {most:,}."]
    elif unit == Budget.Unit.LABELS and amount != int(amount):
        errors["amount"] = ["Labels are counted in whole numbers."]
    if errors:
        raise ValidationError(errors)
    before = _told(Budget.objects.filter(project=project).first())
    budget, _ = Budget.objects.update_or_create(
        project=project,
        defaults={"unit": unit, "amount": amount, "set_by": user, "set_at": now},
    )
    audit.record("budget.set", **_about(project), before=before, after=_told(budget))
    _regulate(budget, now, is_new=True)
    return budget


@transaction.atomic
def remove(project: Project, user: User | None, now: datetime) -> bool:
    """Take the budget away, and sample at full rates from now on; say whether there was one."""
    budget = Budget.objects.select_for_update().filter(project=project).first()
    if budget is None:
        return False
    step = newest_step(project, now)
    if step is not None and step.factor != 1:
        _write(budget, Decision(1.0, RateStep.Why.REMOVED), step.spent, None, now)
    audit.record("budget.removed", **_about(project), before=_told(budget))
    budget.delete()
    return True


def _told(budget: Budget | None) -> dict[str, Any]:
    return {"unit": budget.unit, "amount": budget.amount} if budget else {}


def _about(project: Project) -> dict[str, Any]:
    return {"kind": "budget", "thing": f"Budget of {project.name}", "project": project}


def regulate(now: datetime) -> int:
    """Look at every budget once, and return how many rates were changed. Each is a transaction."""
    changed = 0
    for pk in Budget.objects.filter(project__deleted_at=None).values_list("pk", flat=True):
        with transaction.atomic():
            rows = Budget.objects.select_for_update(skip_locked=True).filter(pk=pk)
            budget = rows.first()
            changed += bool(budget and _regulate(budget, now))
    return changed


def _regulate(budget: Budget, now: datetime, is_new: bool = False) -> bool:
    project_id, unit = budget.project_id, budget.unit
    newest = RateStep.objects.filter(project=project_id).order_by("-since").first()
    spent = amounts.spent_in(project_id, unit, Month.of(now))
    state = State(
        amount=budget.amount,
        spent=spent,
        reserved=amounts.reserved(project_id, unit, now),
        pace=amounts.pace(project_id, unit, now),
        factor=newest.factor if newest else 1.0,
        # Another budget is as a new month: nothing that held under the old one binds it.
        since=None if is_new or newest is None else newest.since,
        now=now,
    )
    decision = regulation.decide(state)
    if decision is None:
        return False
    if is_new and decision.why in (RateStep.Why.MONTH, RateStep.Why.EASED):
        decision = Decision(decision.factor, RateStep.Why.CHANGED)
    _write(budget, decision, spent, budget.amount, now)
    return True


def _write(
    budget: Budget, decision: Decision, spent: float, amount: float | None, now: datetime
) -> None:
    """Write a step that holds from the next whole minute on: of the past nothing changes."""
    RateStep.objects.update_or_create(
        project_id=budget.project_id,
        since=ceil(now + timedelta(seconds=1), MINUTE),
        defaults={
            "factor": decision.factor,
            "why": decision.why,
            "spent": spent,
            "amount": amount,
            "unit": budget.unit,
        },
    )
    log_lines.note(
        log,
        logging.INFO,
        "sample rates lowered" if decision.factor < 1 else "sample rates full",
        project=budget.project_id,
        factor=decision.factor,
        why=decision.why,
        spent=spent,
    )
