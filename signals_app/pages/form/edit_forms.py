"""The forms that change a signal: its question, and its name when it comes back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from signals_app.definition.diffs import Question
from signals_app.definition.versions import MAX_NAME_CHARS
from signals_app.models import Signal, SignalVersion
from signals_app.pages.form.forms import SignalForm, prefilled_labels


class EditForm(SignalForm):
    """The form of a new signal without what is fixed for ever, and with the version begun from."""

    template = None  # type: ignore[assignment]
    agent = None  # type: ignore[assignment]
    scope = None  # type: ignore[assignment]
    based_on = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, signal: Signal, live: SignalVersion, data: QueryDict | None = None) -> None:
        super().__init__(
            signal.project, data, initial=begun_from(signal, live), endpoint=live.endpoint
        )

    @property
    def question(self) -> Question:
        return Question(
            type=self.cleaned_data["type"],
            prompt=self.cleaned_data["prompt"],
            labels=self.version_labels(),
            sample_rate=self.sample_rate,
            judge_model=self.model_of_environment,
            endpoint=self.judge_of_project,
        )

    def begin_again_from(self, live: SignalVersion) -> None:
        """Keep what was typed; saving once more puts it on top of this version."""
        assert isinstance(self.data, QueryDict)
        data = self.data.copy()
        data["based_on"] = str(live.number)
        self.data = data


class RestoreForm(forms.Form):
    name = forms.CharField(
        max_length=MAX_NAME_CHARS, error_messages={"required": "Give the signal a name."}
    )


def begun_from(signal: Signal, live: SignalVersion) -> dict[str, Any]:
    """Return what the form starts with."""
    return {
        "name": signal.name,
        "type": live.type,
        "prompt": live.prompt,
        "percent": f"{live.sample_rate * 100:.10g}",
        "judge": str(live.endpoint.uuid) if live.endpoint else "",
        "judge_model": live.judge_model,
        "based_on": live.number,
        **prefilled_labels(Question.of(live)),
    }
