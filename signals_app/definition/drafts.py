"""What a new question begins with, and what comes of it when only some of it is said anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError

from signals_app.definition.diffs import Question
from signals_app.definition.starters import BY_KEY, Template
from signals_app.definition.versions import binary_labels, plain_label
from signals_app.models import JudgeEndpoint, Sentiment, SignalVersion
from teams.models import Project

Labels = Sequence[Mapping[str, Any]]
BINARY = SignalVersion.Type.BINARY.value

#: What is asked where nothing was said yet; no version may ask it.
NOTHING = Question(type="", prompt="", labels=(), sample_rate=1.0)
EITHER = "Give either labels or a sentiment."
ONLY_BINARY = "Only a binary signal has one sentiment. Give labels."


@dataclass(frozen=True, slots=True)
class Draft:
    """What a template fills in: "" where it says nothing."""

    template: str
    name: str
    scope: str
    question: Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said of a question; None leaves what is there. sentiment: of `true`, in place of
    labels."""

    type: str | None = None
    prompt: str | None = None
    labels: Labels | None = None
    sentiment: str | None = None
    sample_rate: float | None = None
    judge_model: str | None = None


def begun(template: str) -> Draft:
    """Return what a template fills in, nothing for "".

    Raises ValidationError by field: template.
    """
    if not template:
        return Draft("", "", "", NOTHING)
    if template not in BY_KEY:
        raise ValidationError({"template": [f"Choose one of {', '.join(BY_KEY)}, or none."]})
    return of_template(BY_KEY[template])


def of_template(template: Template) -> Draft:
    question = Question(
        type=template.type,
        prompt=template.prompt,
        labels=[plain_label(label) for label in template.labels],
        sample_rate=template.sample_rate,
    )
    return Draft(template.key, template.name, template.scope, question)


def changed(question: Question, said: Said) -> Question:
    """Return the question with what is said of it. Whether the judge can be asked it,
    `versions.check` says.

    Labels belong to a type: with another one and no labels, a binary question has its usual two,
    and one of several labels has none yet. Raises ValidationError by field: sentiment.
    """
    kind = _given(said.type, question.type)
    return Question(
        type=kind,
        prompt=_given(said.prompt, question.prompt),
        labels=_labels(question, said, kind),
        sample_rate=_given(said.sample_rate, question.sample_rate),
        judge_model=_given(said.judge_model, question.judge_model),
        endpoint=None if said.judge_model else question.endpoint,
    )


def with_judge(question: Question, project: Project, judge: str | None) -> Question:
    """Return the question with a judge of the project, by name or id; "" is the default one, None
    leaves what is there. Raises ValidationError by field: judge."""
    if judge is None:
        return question
    if not judge.strip():
        return replace(question, endpoint=None)
    return replace(question, endpoint=JudgeEndpoint.named(project, judge), judge_model="")


def _labels(question: Question, said: Said, kind: str) -> Labels:
    if said.sentiment is None:
        if said.labels is not None:
            return said.labels
        if kind == question.type:
            return question.labels
        return binary_labels(Sentiment.NEGATIVE) if kind == BINARY else ()
    if said.labels is not None:
        raise ValidationError({"sentiment": [EITHER]})
    if kind != BINARY:
        raise ValidationError({"sentiment": [ONLY_BINARY]})
    meanings = {}
    if question.type == BINARY:
        meanings = {each["name"]: each.get("meaning", "") for each in question.labels}
    return binary_labels(said.sentiment, **meanings)


def _given(said: Any, otherwise: Any) -> Any:
    return otherwise if said is None else said
