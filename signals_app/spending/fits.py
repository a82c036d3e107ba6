"""Whether what somebody asks for by hand fits into what the month's budget has left."""

from __future__ import annotations

from datetime import datetime

from signals_app.models import Budget
from signals_app.spending import budgets
from signals_app.spending.words import amount_text
from teams.models import Project


def why_not(project: Project, targets: int, cost_usd: float | None, now: datetime) -> str:
    """Say why judging so many targets would burst the budget; "" where it does not, where there is
    none, and where it cannot be known because no price is."""
    standing = budgets.of_project(project, now)
    if standing is None or not targets:
        return ""
    unit = standing.budget.unit
    needed = float(targets) if unit == Budget.Unit.LABELS else cost_usd
    if needed is None or needed <= standing.left:
        return ""
    return (
        f"This may take {amount_text(needed, unit)}, and {amount_text(standing.left, unit)} of "
        f"{standing.month.start:%B}'s budget of {amount_text(standing.budget.amount, unit)} are "
        "left. Choose less of it, or have an owner or an admin of the team allow it."
    )


def why_nothing(project: Project, now: datetime) -> str:
    """Say that the budget of the month is spent; "" while it is not."""
    standing = budgets.of_project(project, now)
    if standing is None or not standing.is_spent:
        return ""
    amount = amount_text(standing.budget.amount, standing.budget.unit)
    return (
        f"The {amount} of {standing.month.start:%B}'s budget are spent. Try it next month, or ask "
        "an owner or an admin of the team for a larger budget."
    )
