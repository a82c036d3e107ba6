"""What a trial is asked for: a question that may not be saved, and which targets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from core.time_range.form import CUSTOM, WindowForm
from core.time_range.windows import PRESETS
from signals_app.definition import versions
from signals_app.definition.diffs import Question
from signals_app.definition.starters import BY_KEY
from signals_app.models import Trial
from signals_app.pages.form.forms import SignalForm
from signals_app.trials.trials import MOST_TARGETS, USUAL_TARGETS, Asked, unsaved
from teams.models import Project

RANGE_NAMES = {
    "1h": "the last hour",
    "6h": "the last 6 hours",
    "24h": "the last 24 hours",
    "7d": "the last 7 days",
    "30d": "the last 30 days",
    CUSTOM: "from … to …",
}
COUNT_WORDS = f"Choose 1 to {MOST_TARGETS} targets."


class TargetsForm(WindowForm):
    """How many of the newest targets, from which range; its fields are named try-…"""

    prefix: str | None = "try"
    count = forms.IntegerField(
        label="Newest targets",
        initial=USUAL_TARGETS,
        validators=[
            MinValueValidator(1, COUNT_WORDS),
            MaxValueValidator(MOST_TARGETS, COUNT_WORDS),
        ],
        error_messages={"required": COUNT_WORDS, "invalid": COUNT_WORDS},
        widget=forms.NumberInput(attrs={"min": 1, "max": MOST_TARGETS}),
    )
    range = forms.ChoiceField(label="Of", choices=list(RANGE_NAMES.items()), initial="7d")

    def __init__(self, data: Any = None, of_form: str = "") -> None:
        """of_form: the id of the form that the fields belong to when they stand outside of it."""
        super().__init__(data, default="7d")
        for field in self.fields.values() if of_form else ():
            field.widget.attrs["form"] = of_form

    def stretch(self, now: datetime) -> tuple[datetime, datetime]:
        """Return from (included) and to (excluded), once the form is valid."""
        chosen = self.cleaned_data
        if chosen["range"] == CUSTOM:
            return chosen["since"], min(chosen["until"] or now, now)
        return now - PRESETS[chosen["range"]], now


class QuestionForm(forms.Form):
    """The question of a version or a trial, as it stands on the screen."""

    prompt = forms.CharField(
        label="Question to the judge",
        max_length=versions.MAX_PROMPT_CHARS,
        error_messages={"required": "Say what the judge should decide."},
        widget=forms.Textarea(attrs={"rows": 8}),
    )


class MarkForm(forms.Form):
    """What the label of one row should have been; nothing takes the mark back."""

    position = forms.IntegerField(min_value=0, max_value=MOST_TARGETS)
    wanted = forms.ChoiceField(required=False)

    def __init__(self, trial: Trial, data: Any) -> None:
        super().__init__(data)
        names = [(name, name) for name in trial.label_names]
        self.fields["wanted"].choices = names  # type: ignore[attr-defined]


class UnsavedForm(SignalForm):
    """The form that makes a signal, without what a trial does not need."""

    def __init__(self, project: Project, data: Any = None) -> None:
        super().__init__(project, data)
        for name in ("name", "percent"):
            self.fields.pop(name, None)

    @property
    def sample_rate(self) -> float:
        """A trial takes every target that it is given."""
        return 1.0

    def asked(self) -> Asked:
        """Return what is on the screen, once the form is valid."""
        given = self.cleaned_data
        template = given.get("template", "")
        question = Question(
            type=given["type"],
            prompt=given["prompt"],
            labels=self.version_labels(),
            sample_rate=self.sample_rate,
            judge_model=self.model_of_environment,
            endpoint=self.judge_of_project,
        )
        known = template if template in BY_KEY else ""
        return unsaved(self.project, given["agent"], given["scope"], question, known)

    def errors_in_words(self) -> list[tuple[str, str, str]]:
        """(id of the field or "", its label, what is wrong), the rows of labels included."""
        in_words = []
        for name, sentences in self.errors.items():
            field = self[name] if name in self.fields else None
            place = (field.id_for_label, str(field.label)) if field else ("", "")
            in_words += [(*place, str(sentence)) for sentence in sentences]
        if self.is_string:
            in_words += [("", "Labels", str(said)) for said in self.labels.non_form_errors()]
            for row in self.labels:
                rows = row.errors.items()
                in_words += [(row[name].id_for_label, "Label", said[0]) for name, said in rows]
        return in_words
