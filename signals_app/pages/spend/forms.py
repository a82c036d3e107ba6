"""What a person typed on the page of spending → values."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from core.form_values import good_values
from signals_app.models import Budget, Signal
from signals_app.spending import budgets
from teams.models import Project, User

DAYS = {"7": "7 days", "30": "30 days", "90": "90 days"}
SHOWS = {"money": "Money", "tokens": "Tokens", "labels": "Labels"}


class SpendForm(forms.Form):
    """Which days are shown, of which signal, and what the bars are."""

    days = forms.ChoiceField(choices=list(DAYS.items()), required=False)
    bars = forms.ChoiceField(choices=list(SHOWS.items()), required=False)
    signal = forms.UUIDField(required=False)

    @property
    def length(self) -> int:
        return int(good_values(self).get("days") or 30)

    @property
    def measure(self) -> str:
        return str(good_values(self).get("bars") or "")

    def chosen(self, project: Project) -> Signal | None:
        uuid: UUID | None = good_values(self).get("signal")
        return Signal.objects.filter(project=project, uuid=uuid).first() if uuid else None


class BudgetForm(forms.Form):
    """A budget for each month."""

    amount = forms.FloatField(
        label="At most",
        help_text="For each calendar month, in UTC: live judging, runs and trials together.",
        widget=forms.NumberInput(attrs={"step": "any", "min": "0", "inputmode": "decimal"}),
    )
    unit = forms.ChoiceField(label="Of", choices=Budget.Unit.choices)

    @classmethod
    def of(cls, budget: Budget | None) -> BudgetForm:
        if budget is None:
            return cls(initial={"unit": Budget.Unit.USD})
        return cls(initial={"amount": f"{budget.amount:g}", "unit": budget.unit})

    def save(self, project: Project, user: User, now: datetime) -> Budget | None:
        """Return the budget, or None where the form says what is wrong."""
        values: dict[str, Any] = self.cleaned_data
        try:
            return budgets.set_budget(project, values["unit"], values["amount"], user, now)
        except ValidationError as error:
            for field, messages in error.message_dict.items():
                self.add_error(field, messages)
            return None
