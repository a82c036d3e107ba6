"""Amounts of a budget in words."""

from __future__ import annotations

from core.ui import wording
from signals_app.models import Budget


def amount_text(amount: float, unit: str) -> str:
    """Say an amount in its unit."""
    if unit == Budget.Unit.USD:
        return wording.usd(amount)
    n = round(amount)
    return f"{wording.number(n)} label{'' if n == 1 else 's'}"
