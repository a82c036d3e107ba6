"""For how many days a project keeps what."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from traces.retaining import periods
from traces.retaining.periods import MOST_DAYS, Kept

LABELS = {
    Kept.TRACES: "Traces, spans and sessions",
    Kept.TEXTS: "What was said in them",
    Kept.LABELS: "Labels",
    Kept.EXPLANATIONS: "Explanations of labels",
}
HELP = {
    Kept.TRACES: "Whole traces go. Their labels and counts stay.",
    Kept.TEXTS: "Messages, attributes, metadata and previews go. Names, times, tokens and costs "
    "stay, and nothing of it can be judged any more.",
    Kept.LABELS: "Labels go, with what they add to counts, charts and spend; remarks, too. They go "
    "by the time under which they count.",
    Kept.EXPLANATIONS: "What the judge said beside its label goes. Labels and counts stay.",
}


class RetentionForm(forms.Form):
    """An empty field keeps for ever, or as long as the installation does."""

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        for kept in Kept:
            self.fields[kept.field] = forms.IntegerField(
                label=f"{LABELS[kept]}: days",
                required=False,
                help_text=HELP[kept],
                widget=forms.NumberInput(attrs={"min": "1", "max": str(MOST_DAYS)}),
                error_messages={"invalid": "Give a whole number of days, or leave it empty."},
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            periods.check({kept: cleaned.get(kept.field) for kept in Kept})
        except ValidationError as error:
            for field, said in error.message_dict.items():
                self.add_error(field, said)
        return cleaned

    @property
    def periods(self) -> dict[Kept, int | None]:
        """Of a valid form."""
        return {kept: self.cleaned_data[kept.field] for kept in Kept}
