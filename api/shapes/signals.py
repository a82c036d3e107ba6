"""Signals, their versions, what differs between two of them, and the templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from api.shapes import links
from api.shapes.agents import AgentRef, ref_of
from signals_app.definition.diffs import Diff
from signals_app.definition.starters import Template
from signals_app.labels.summaries import Summary
from signals_app.models import JudgeEndpoint, Signal, SignalVersion
from teams.models import Project


class LabelShape(Schema):
    """A label that the judge may give. meaning: when it is told to."""

    name: str
    sentiment: str
    meaning: str


class TemplateShape(Schema):
    """A question to start from. sample_rate: the share of targets that is judged."""

    key: str
    name: str
    summary: str
    scope: str
    type: str
    prompt: str
    labels: list[LabelShape]
    sample_rate: float


class SignalRef(Schema):
    """Which signal something belongs to."""

    id: UUID
    name: str


class JudgeRef(Schema):
    """A judge of the project."""

    id: UUID
    name: str
    model: str


class VersionShape(Schema):
    """What the judge is asked. judge: one of the project; else judge_model is a model of the
    environment's judge; where neither is said, the project's default answers."""

    number: int
    type: str
    prompt: str | None = Field(description="Null in lists, unless fields=full is asked for.")
    labels: list[LabelShape]
    sample_rate: float
    judge: JudgeRef | None
    judge_model: str
    created_at: datetime
    created_by: str | None


class NumberedShape(VersionShape):
    """A version among others. labels_given: how many labels it has given that count."""

    is_live: bool
    labels_given: int


class WeekShape(Schema):
    """What the labels of the last 7 days say. shares: of the labelled targets, by label."""

    labels: int
    unlabelled: int
    shares: dict[str, float]


class SignalShape(Schema):
    """A signal with its live version. paused_reason: in words, where the judge stopped it;
    is_silent: it gives no labels though traffic comes."""

    id: UUID
    name: str
    agent: AgentRef
    scope: str
    state: str
    paused_reason: str
    template: str
    created_at: datetime
    activated_at: datetime | None
    version: VersionShape | None
    week: WeekShape
    is_silent: bool
    url: str


class ChangeShape(Schema):
    """What an edit changed. version: the number of the new one, null where none was made."""

    version: int | None
    renamed: bool


class EditedShape(SignalShape):
    changed: ChangeShape


class StateShape(SignalShape):
    """A signal whose state was changed. dropped: waiting targets that nobody judges now."""

    dropped: int


class LinePartShape(Schema):
    """A piece of a line; changed where it differs from the line it took the place of."""

    text: str
    changed: bool


class LineShape(Schema):
    """A line of the prompt. kind: same, added, removed, or hidden for n lines left out."""

    kind: str
    text: str
    parts: list[LinePartShape]
    n: int


class LabelChangeShape(Schema):
    """kind: added, removed, changed or moved; sentences say what became of it."""

    kind: str
    name: str
    sentences: list[str]


class ValueChangeShape(Schema):
    name: str
    before: str
    after: str


class DiffShape(Schema):
    """What differs between two questions; all lists are empty where both ask the same."""

    is_same: bool
    lines: list[LineShape]
    labels: list[LabelChangeShape]
    values: list[ValueChangeShape]


class VersionDiffShape(DiffShape):
    before: int
    after: int


def template_of(template: Template) -> TemplateShape:
    return TemplateShape(
        key=template.key,
        name=template.name,
        summary=template.summary,
        scope=template.scope,
        type=template.type,
        prompt=template.prompt,
        labels=labels_of(template.labels),
        sample_rate=template.sample_rate,
    )


def labels_of(labels: Sequence[Any]) -> list[LabelShape]:
    """Return labels as in SignalVersion.labels."""
    return [
        LabelShape(name=each["name"], sentiment=each["sentiment"], meaning=each.get("meaning", ""))
        for each in labels
    ]


def ref(signal: Signal) -> SignalRef:
    return SignalRef(id=signal.uuid, name=signal.name)


def version_of(version: SignalVersion, with_prompt: bool = True) -> VersionShape:
    return VersionShape(**_version(version, with_prompt))


def numbered_of(
    version: SignalVersion, is_live: bool, labels_given: int, with_prompt: bool = True
) -> NumberedShape:
    return NumberedShape(
        **_version(version, with_prompt), is_live=is_live, labels_given=labels_given
    )


def signal_of(project: Project, row: Summary, with_prompt: bool = True) -> SignalShape:
    return SignalShape(**_signal(project, row, with_prompt))


def edited_of(
    project: Project, row: Summary, version: SignalVersion | None, renamed: bool
) -> EditedShape:
    change = ChangeShape(version=version.number if version else None, renamed=renamed)
    return EditedShape(**_signal(project, row), changed=change)


def state_of(project: Project, row: Summary, dropped: int) -> StateShape:
    return StateShape(**_signal(project, row), dropped=dropped)


def diff_of(diff: Diff) -> DiffShape:
    return DiffShape(**_diff(diff))


def version_diff_of(diff: Diff, before: int, after: int) -> VersionDiffShape:
    return VersionDiffShape(**_diff(diff), before=before, after=after)


def judge_of(endpoint: JudgeEndpoint | None) -> JudgeRef | None:
    """Return how a judge of the project is named."""
    if endpoint is None:
        return None
    return JudgeRef(id=endpoint.uuid, name=endpoint.name, model=endpoint.model)


def _version(version: SignalVersion, with_prompt: bool) -> dict[str, Any]:
    return {
        "number": version.number,
        "type": version.type,
        "prompt": version.prompt if with_prompt else None,
        "labels": labels_of(version.labels),
        "sample_rate": version.sample_rate,
        "judge": judge_of(version.endpoint),
        "judge_model": version.judge_model,
        "created_at": version.created_at,
        "created_by": version.created_by.email if version.created_by else None,
    }


def _signal(project: Project, row: Summary, with_prompt: bool = True) -> dict[str, Any]:
    signal = row.signal
    return {
        "id": signal.uuid,
        "name": signal.name,
        "agent": ref_of(signal.agent),
        "scope": signal.scope,
        "state": signal.state,
        "paused_reason": signal.paused_reason,
        "template": signal.template,
        "created_at": signal.created_at,
        "activated_at": signal.activated_at,
        "version": version_of(row.version, with_prompt) if row.version else None,
        "week": _week(row),
        "is_silent": row.is_silent,
        "url": links.page("signal", project.slug, signal.uuid),
    }


def _week(row: Summary) -> WeekShape:
    shares = {each.name: each.n / row.total for each in row.segments} if row.total else {}
    return WeekShape(labels=row.total, unlabelled=row.unlabelled, shares=shares)


def _diff(diff: Diff) -> dict[str, Any]:
    return {
        "is_same": not diff,
        "lines": [
            LineShape(
                kind=line.kind,
                text="".join(part.text for part in line.parts),
                parts=[LinePartShape(text=part.text, changed=part.changed) for part in line.parts],
                n=line.n,
            )
            for line in diff.lines
        ],
        "labels": [
            LabelChangeShape(kind=each.kind, name=each.name, sentences=list(each.sentences))
            for each in diff.labels
        ],
        "values": [
            ValueChangeShape(name=each.name, before=each.before, after=each.after)
            for each in diff.values
        ],
    }
