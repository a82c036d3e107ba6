"""New signals and new versions of them, checked so that the judge is never asked nonsense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from core.paging import Pager
from signals_app.definition import auditing
from signals_app.judging import judge_in_use
from signals_app.judging.verdict import BINARY
from signals_app.models import JudgeEndpoint, Scope, Sentiment, Signal, SignalVersion
from teams import audit
from teams.models import Project, User
from traces.models import Agent

Type = SignalVersion.Type

FEWEST_LABELS, MOST_LABELS = 2, 10
MAX_LABEL_CHARS = 60
MAX_MEANING_CHARS = 300
MAX_PROMPT_CHARS = 20_000
MAX_SALT_CHARS = 64
MAX_NAME_CHARS = 100

#: The newest version first: numbers and keys are given in one order.
PAGES = Pager("created_at", "-id", int)


def create(
    *,
    project: Project,
    agent: Agent,
    name: str,
    scope: str,
    type: str,
    prompt: str,
    labels: Sequence[Mapping[str, Any]],
    sample_rate: float,
    judge_model: str = "",
    endpoint: JudgeEndpoint | None = None,
    template: str = "",
    salt: str = "",
    user: User | None = None,
) -> Signal:
    """Make a draft with version 1. Raises ValidationError with messages by field name: agent, name,
    scope, salt and those of `check`."""
    errors = _errors_of_signal(project, agent, name, scope, salt)
    errors |= _errors(type, prompt, labels, sample_rate, judge_model)
    errors |= _errors_of_judge(project.pk, judge_model, endpoint)
    if errors:
        raise ValidationError(errors)
    try:
        with transaction.atomic():
            signal = Signal.objects.create(
                project=project,
                agent=agent,
                name=name.strip(),
                scope=scope,
                template=template,
                salt=salt,
                created_by=user,
            )
            version = _add(signal, type, prompt, labels, sample_rate, judge_model, endpoint, user)
            audit.record(
                "signal.made",
                **auditing.about(signal),
                after={"scope": scope, "agent": agent.name} | auditing.question_of(version),
            )
    except IntegrityError:
        raise ValidationError({"name": [taken(agent)]}) from None
    return signal


@transaction.atomic
def add(
    signal: Signal,
    *,
    type: str,
    prompt: str,
    labels: Sequence[Mapping[str, Any]],
    sample_rate: float,
    judge_model: str = "",
    endpoint: JudgeEndpoint | None = None,
    user: User | None = None,
) -> SignalVersion:
    """Make the next version, live at once. Raises ValidationError as `check` does."""
    check(type, prompt, labels, sample_rate, judge_model)
    check_judge(signal.project_id, judge_model, endpoint)
    before = Signal.objects.select_for_update(of=("self",)).get(pk=signal.pk).live_version
    version = _add(signal, type, prompt, labels, sample_rate, judge_model, endpoint, user)
    audit.record(
        "signal.version_made",
        **auditing.about(signal),
        before=auditing.question_of(before) if before else {},
        after=auditing.question_of(version),
    )
    return version


def current_versions(signals: Sequence[Signal]) -> dict[int, SignalVersion]:
    """Return the live version of each signal by the signal's key, or its newest version where
    none is live: a draft has no live one. One query at most."""
    versions = {s.pk: s.live_version for s in signals if s.live_version is not None}
    drafts = [signal.pk for signal in signals if signal.pk not in versions]
    if drafts:
        newest = SignalVersion.objects.filter(signal__in=drafts).order_by("number")
        versions |= {version.signal_id: version for version in newest}
    return versions


def current_version(signal: Signal) -> SignalVersion:
    """Return what `current_versions` returns for one signal, which always has a version."""
    return current_versions([signal])[signal.pk]


def check(
    type: str,
    prompt: str,
    labels: Sequence[Mapping[str, Any]],
    sample_rate: float,
    judge_model: str = "",
) -> None:
    """Raises ValidationError with messages by field name: type, prompt, labels, sample_rate,
    judge_model."""
    if errors := _errors(type, prompt, labels, sample_rate, judge_model):
        raise ValidationError(errors)


def check_judge(project_id: int, judge_model: str, endpoint: JudgeEndpoint | None) -> None:
    """May this judge answer? Raises ValidationError with messages by field name: judge,
    judge_model."""
    if errors := _errors_of_judge(project_id, judge_model, endpoint):
        raise ValidationError(errors)


def check_name(signal: Signal, name: str) -> None:
    """May it be called so? Raises ValidationError with messages for the field name."""
    if errors := _errors_of_name(signal, name):
        raise ValidationError({"name": errors})


def binary_labels(sentiment: str, true: str = "", false: str = "") -> list[dict[str, str]]:
    """`true` gets the sentiment and `false` its opposite; `true`, `false`: their meanings."""
    opposite = {Sentiment.POSITIVE: Sentiment.NEGATIVE, Sentiment.NEGATIVE: Sentiment.POSITIVE}
    other = opposite.get(Sentiment(sentiment), Sentiment.NEUTRAL)
    return [
        {"name": "true", "sentiment": str(sentiment), "meaning": true},
        {"name": "false", "sentiment": str(other.value), "meaning": false},
    ]


def _add(
    signal: Signal,
    type: str,
    prompt: str,
    labels: Sequence[Mapping[str, Any]],
    sample_rate: float,
    judge_model: str,
    endpoint: JudgeEndpoint | None,
    user: User | None,
) -> SignalVersion:
    last = signal.versions.order_by("-number").values_list("number", flat=True).first()
    version = SignalVersion.objects.create(
        signal=signal,
        number=(last or 0) + 1,
        type=type,
        prompt=plain_lines(prompt),
        labels=[plain_label(label) for label in labels],
        sample_rate=sample_rate,
        judge_model=judge_model.strip(),
        endpoint=endpoint,
        created_by=user,
    )
    signal.live_version = version
    signal.save(update_fields=["live_version"])
    return version


def plain_lines(prompt: str) -> str:
    """Return a prompt as it is stored: browsers send their own line ends, which would make every
    edit a change."""
    return prompt.replace("\r\n", "\n").strip()


def plain_label(label: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": str(label["name"]).strip(),
        "sentiment": str(label["sentiment"]),
        "meaning": str(label.get("meaning", "")).strip(),
    }


def _errors_of_signal(
    project: Project, agent: Agent, name: str, scope: str, salt: str
) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if agent.project_id != project.pk:
        errors["agent"] = ["Choose an agent of this project."]
    if scope not in Scope.values:
        errors["scope"] = ["Choose span, trace or session."]
    if len(salt) > MAX_SALT_CHARS:
        errors["salt"] = [f"At most {MAX_SALT_CHARS} characters."]
    if name_errors := _errors_of_name(Signal(project=project, agent=agent), name):
        errors["name"] = name_errors
    return errors


def _errors_of_name(signal: Signal, name: str) -> list[str]:
    if not name.strip():
        return ["Give the signal a name."]
    if len(name.strip()) > MAX_NAME_CHARS:
        return [f"At most {MAX_NAME_CHARS} characters."]
    others = Signal.objects.filter(project=signal.project_id, agent=signal.agent_id)
    others = others.exclude(pk=signal.pk) if signal.pk else others
    if others.filter(name=name.strip()).exclude(state=Signal.State.ARCHIVED).exists():
        return [taken(signal.agent)]
    return []


def taken(agent: Agent) -> str:
    return f"{agent.name} has a signal of this name already."


def _errors(
    type: str,
    prompt: str,
    labels: Sequence[Mapping[str, Any]],
    sample_rate: float,
    judge_model: str,
) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if type not in Type.values:
        errors["type"] = ["Choose binary or string."]
    if not prompt.strip():
        errors["prompt"] = ["Say what the judge should decide."]
    elif len(prompt) > MAX_PROMPT_CHARS:
        errors["prompt"] = [f"At most {MAX_PROMPT_CHARS:,} characters."]
    if not 0 < sample_rate <= 1:  # also false for NaN
        errors["sample_rate"] = ["Choose a rate above 0 % and at most 100 %."]
    if len(judge_model) > 200:
        errors["judge_model"] = ["At most 200 characters."]
    if label_errors := _errors_of_labels(type, labels):
        errors["labels"] = label_errors
    return errors


def _errors_of_judge(
    project_id: int, judge_model: str, endpoint: JudgeEndpoint | None
) -> dict[str, list[str]]:
    model = judge_model.strip()
    if endpoint is None:
        words = judge_in_use.why_no_model(model) if model else ""
        return {"judge_model": [words]} if words else {}
    if model:
        words = f"{endpoint.name} brings its own model: leave this empty, or choose another judge."
        return {"judge_model": [words]}
    if endpoint.project_id != project_id:
        return {"judge": ["Choose a judge of this project."]}
    trouble = judge_in_use.of_row(endpoint).trouble
    return {"judge": [f"{trouble}."]} if trouble else {}


def _errors_of_labels(type: str, labels: Sequence[Mapping[str, Any]]) -> list[str]:
    names = [str(label.get("name", "")).strip() for label in labels]
    sentences = _errors_of_shape(labels, names)
    if type == Type.BINARY:
        if sorted(names) != sorted(BINARY):
            sentences.append('A binary signal has exactly the labels "true" and "false".')
        return sentences
    if not FEWEST_LABELS <= len(names) <= MOST_LABELS:
        sentences.append(f"Give between {FEWEST_LABELS} and {MOST_LABELS} labels.")
    if len({name.casefold() for name in names}) < len(names):
        sentences.append("Two labels have the same name.")
    if not any(label.get("sentiment") == Sentiment.POSITIVE for label in labels):
        sentences.append("At least one label must be positive.")
    return sentences


def _errors_of_shape(labels: Sequence[Mapping[str, Any]], names: list[str]) -> list[str]:
    sentences: list[str] = []
    if not all(names):
        sentences.append("Every label needs a name.")
    if any(len(name) > MAX_LABEL_CHARS or not name.isprintable() for name in names):
        sentences.append(f"A label's name is one line of at most {MAX_LABEL_CHARS} characters.")
    if any(label.get("sentiment") not in Sentiment.values for label in labels):
        sentences.append("A label is positive, neutral or negative.")
    if any(len(str(label.get("meaning", ""))) > MAX_MEANING_CHARS for label in labels):
        sentences.append(f"A label's meaning has at most {MAX_MEANING_CHARS} characters.")
    return sentences
