"""The form that a signal is made with: what the judge reads, is asked, and may answer."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from signals_app.definition import drafts, scopes, versions
from signals_app.definition.diffs import Question
from signals_app.definition.starters import BY_KEY
from signals_app.models import JudgeEndpoint, Scope, Sentiment, SignalVersion
from signals_app.pages.form import judge_choice
from teams.models import Project
from traces.models import Agent
from traces.pages.agent_choice import AgentChoice

MOST_LABELS = versions.MOST_LABELS
MEANING_CHARS = versions.MAX_MEANING_CHARS

SCOPE_CHOICES = [
    (Scope.SPAN, "Each model call", "The judge reads one call: its input and its answer."),
    (
        Scope.TRACE,
        "Each trace",
        "The judge reads one request or turn, with tool calls and results, once it has ended.",
    ),
    (
        Scope.SESSION,
        "Each session",
        "The judge reads the whole conversation, once it has been quiet for a while.",
    ),
]
TYPE_CHOICES = [
    (SignalVersion.Type.BINARY, "Yes or no", "Every target is true or false."),
    (SignalVersion.Type.STRING, "One of several labels", "You name 2 to 10 labels."),
]

#: Where the form shows what versions.py calls otherwise; None is beside the labels.
FIELD_OF = {"sample_rate": "percent", "labels": None, "salt": None}


class LabelForm(forms.Form):
    """One row of the label editor; a row without a name is left out."""

    name = forms.CharField(label="Label", required=False, max_length=versions.MAX_LABEL_CHARS)
    sentiment = forms.ChoiceField(
        label="Sentiment", required=False, choices=Sentiment.choices, initial=Sentiment.NEUTRAL
    )
    meaning = forms.CharField(label="When it applies", required=False, max_length=MEANING_CHARS)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        named, meant = cleaned.get("name"), cleaned.get("meaning")
        if meant and not named and "name" not in self.errors:
            self.add_error("name", "This meaning needs a label.")
        return cleaned


class BaseLabelFormSet(forms.BaseFormSet):  # type: ignore[type-arg]  # not at run time
    """Ten rows; the rules for the whole set are those of signals_app/definition/versions.py."""

    @property
    def labels(self) -> list[dict[str, str]]:
        """As in SignalVersion.labels."""
        return [
            {
                "name": row["name"],
                "sentiment": row.get("sentiment") or Sentiment.NEUTRAL.value,
                "meaning": row.get("meaning", ""),
            }
            for row in (getattr(form, "cleaned_data", {}) for form in self.forms)
            if row.get("name")
        ]


LabelFormSet = cast(
    type[BaseLabelFormSet],
    forms.formset_factory(
        LabelForm,
        formset=BaseLabelFormSet,
        extra=MOST_LABELS,
        max_num=MOST_LABELS,
        absolute_max=MOST_LABELS,
    ),
)


class SignalForm(forms.Form):
    """Everything that makes a signal and its first version; `labels` is a formset within."""

    template = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    agent = AgentChoice(empty_label=None)
    scope = forms.ChoiceField(
        label="What is judged",
        choices=[(value, title) for value, title, _ in SCOPE_CHOICES],
        widget=forms.RadioSelect,
        initial=Scope.TRACE,
    )
    prompt = forms.CharField(
        label="Question to the judge",
        max_length=versions.MAX_PROMPT_CHARS,
        strip=True,
        error_messages={"required": "Say what the judge should decide."},
        widget=forms.Textarea(attrs={"rows": 12, "data-count": "#prompt-count"}),
        help_text="In plain language: what counts, what does not, and what to do when unsure.",
    )
    judge = forms.ChoiceField(
        label="Judge",
        required=False,
        help_text="Part of the version: labels say which judge gave them.",
    )
    judge_model = forms.CharField(
        label="Judge model",
        required=False,
        max_length=200,
        help_text="A name that the environment's judge knows. Left empty, its own model answers.",
    )
    type = forms.ChoiceField(
        label="Answer",
        choices=[(value, title) for value, title, _ in TYPE_CHOICES],
        widget=forms.RadioSelect,
        initial=SignalVersion.Type.BINARY,
    )
    sentiment = forms.ChoiceField(
        label="What is true?",
        required=False,
        choices=Sentiment.choices,
        initial=Sentiment.NEGATIVE,
        widget=forms.RadioSelect,
    )
    true_meaning = forms.CharField(
        label="When it is true", required=False, max_length=MEANING_CHARS
    )
    false_meaning = forms.CharField(
        label="When it is false", required=False, max_length=MEANING_CHARS
    )
    percent = forms.FloatField(
        label="Sample rate in percent",
        initial=100,
        validators=[
            MinValueValidator(0.0001, "Sample at least 0.0001 %%."),
            MaxValueValidator(100, "100 %% is all there is."),
        ],
        widget=forms.NumberInput(attrs={"step": "any", "min": "0.0001", "max": "100"}),
    )
    name = forms.CharField(
        max_length=100,
        error_messages={"required": "Give the signal a name."},
        help_text="As it stands in tables and charts, such as “User frustration”.",
    )

    def __init__(
        self,
        project: Project,
        data: Any = None,
        initial: Any = None,
        endpoint: JudgeEndpoint | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.project = project
        if "agent" in self.fields:  # fixed, and so not asked for, once the signal exists
            agents = Agent.objects.filter(project=project).order_by("-last_seen_at")
            self.agent_field.offer(self, agents)
        judge_choice.offer(self, project, endpoint)
        rows = (initial or {}).get("labels", [])
        self.labels = LabelFormSet(data, initial=rows, prefix="labels")
        self.labels.extra = MOST_LABELS - len(rows)

    @property
    def agent_field(self) -> AgentChoice:
        field = self.fields["agent"]
        assert isinstance(field, AgentChoice)
        return field

    @property
    def agents(self) -> list[Agent]:
        """The agents that the form lists, the one heard of last first."""
        return self.agent_field.offered.agents

    @property
    def is_string(self) -> bool:
        return self.cleaned_data.get("type") == SignalVersion.Type.STRING

    def is_valid(self) -> bool:
        good = super().is_valid()
        return good and (not self.is_string or self.labels.is_valid())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        agent = cleaned.get("agent")
        if agent and (reason := scopes.why_not(agent, cleaned.get("scope", ""))):
            self.add_error("scope", reason)
        if self.is_string and not self.labels.is_valid():
            return cleaned  # the rows show what is wrong with them
        try:
            versions.check(
                cleaned.get("type", ""),
                cleaned.get("prompt", ""),
                self.version_labels(),
                self.sample_rate,
                cleaned.get("judge_model", ""),
            )
            endpoint, judge_model = judge_choice.chosen(self.project, cleaned)
            versions.check_judge(self.project.pk, judge_model, endpoint)
        except ValidationError as error:
            self.show(error)
        return cleaned

    @property
    def judge_of_project(self) -> JudgeEndpoint | None:
        """The judge of the project that was chosen."""
        return judge_choice.chosen(self.project, self.cleaned_data)[0]

    @property
    def model_of_environment(self) -> str:
        """The model of the environment's judge that was chosen; "" for none."""
        return judge_choice.chosen(self.project, self.cleaned_data)[1]

    def show(self, refused: ValidationError) -> None:
        """Puts the errors of versions.py at their fields, where nothing is said already."""
        for key, sentences in refused.message_dict.items():
            field = FIELD_OF.get(key, key)
            if field is None or field not in self.errors:
                self.add_error(field, sentences)

    def version_labels(self) -> list[dict[str, str]]:
        """Return labels as in SignalVersion.labels; a binary signal has exactly true and false."""
        if self.is_string:
            return self.labels.labels
        cleaned = self.cleaned_data
        return versions.binary_labels(
            cleaned.get("sentiment") or Sentiment.NEGATIVE.value,
            cleaned.get("true_meaning", ""),
            cleaned.get("false_meaning", ""),
        )

    @property
    def sample_rate(self) -> float:
        """The share of targets, above 0 and at most 1."""
        return float(self.cleaned_data.get("percent") or 0) / 100


def prefilled(key: str) -> dict[str, Any]:
    """Return what the form starts with for a template's key; nothing for an unknown one."""
    template = BY_KEY.get(key)
    if template is None:
        return {}
    draft = drafts.of_template(template)
    return {
        "template": draft.template,
        "name": draft.name,
        "scope": draft.scope,
        "type": draft.question.type,
        "prompt": draft.question.prompt,
        "percent": f"{draft.question.sample_rate * 100:g}",
        **prefilled_labels(draft.question),
    }


def prefilled_labels(question: Question) -> dict[str, Any]:
    """Return what the fields about labels start with."""
    if question.type == SignalVersion.Type.STRING:
        return {"labels": [dict(label) for label in question.labels]}
    by_name = {label["name"]: label for label in question.labels}
    return {
        "sentiment": by_name["true"]["sentiment"],
        "true_meaning": by_name["true"].get("meaning", ""),
        "false_meaning": by_name["false"].get("meaning", ""),
    }
