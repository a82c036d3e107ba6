"""Budgets of which most is spent, and those that are spent: one notice each in a month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from alerts.incidents.detection import Trouble
from alerts.models import Cause
from signals_app.models import Budget
from signals_app.spending import budgets
from signals_app.spending.budgets import Standing
from signals_app.spending.words import amount_text

#: Of one project among others of its team.
OF_A_PROJECT = frozenset({Cause.BUDGET, Cause.BUDGET_SPENT})


def spent_budgets(now: datetime) -> Iterator[Trouble]:
    """Find budgets of which 80 % are spent; both causes last until the month or the budget ends."""
    rows = Budget.objects.filter(project__deleted_at=None).select_related("project")
    for budget in rows.order_by("pk"):
        project = budget.project
        standing = budgets.of_project(project, now)
        if standing is None or not standing.is_near:
            continue
        of = (project.team_id, project.pk)
        yield Trouble(*of, Cause.BUDGET, _near(standing), str(project.uuid))
        if standing.is_spent:
            yield Trouble(*of, Cause.BUDGET_SPENT, _spent(standing), str(project.uuid))


def _near(standing: Standing) -> str:
    return (
        f"{100 * standing.used:.0f} % of the {_budget(standing)} for "
        f"{standing.month.start:%B} are spent. Sample rates are lowered as the budget runs out; "
        "a larger one, or a lower rate of single signals, is set by an owner or an admin."
    )


def _spent(standing: Standing) -> str:
    return (
        f"The {_budget(standing)} for {standing.month.start:%B} are spent, so nothing "
        f"is judged until {standing.month.end:%-d %B} (UTC), or until an owner or an admin sets a "
        "larger budget. Traffic is still stored, and a manual run can judge it later."
    )


def _budget(standing: Standing) -> str:
    return amount_text(standing.budget.amount, standing.budget.unit)
