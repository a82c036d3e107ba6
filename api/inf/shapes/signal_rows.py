"""Signals, versions and runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects

from api.inf import words
from api.shapes import links
from signals_app.labels.summaries import Summary
from signals_app.models import Run, Signal, SignalVersion, StateChange
from signals_app.runs.progress import Progress
from teams.models import Project, User
from traces.models import Agent

Row = dict[str, Any]
#: Of runs, since the client knows no end but completed and failed.
CANCELLED = "The run was cancelled."


def last_changes(signals: Iterable[Signal]) -> dict[int, StateChange]:
    """Return the newest change of state of each signal, in one query."""
    changes = StateChange.objects.filter(signal__in=[signal.pk for signal in signals])
    newest = changes.order_by("signal", "-at", "-id").distinct("signal")
    return {change.signal_id: change for change in newest}


def with_version(signal: Signal, version: SignalVersion | None) -> Row:
    """Return a signal with the version that judges."""
    changes = last_changes([signal])
    return {
        "signal": signal_of(signal, version, changes.get(signal.pk)),
        "currentVersion": version_of(signal, version) if version else None,
    }


def signal_of(signal: Signal, version: SignalVersion | None, change: StateChange | None) -> Row:
    """Return a signal. change: of its state, the newest."""
    is_archived = signal.state == Signal.State.ARCHIVED
    moments = [signal.created_at, *_moments(version, change)]
    return {
        "id": str(signal.uuid),
        "name": signal.name,
        "teamId": str(signal.project.team.uuid),
        "projectId": str(signal.project.uuid),
        "agentId": str(signal.agent.uuid),
        "agentIdentityValue": signal.agent.identity,
        "agentIdentitySource": source_of(signal.agent),
        "scope": signal.scope,
        "state": words.STATES[signal.state],
        "currentVersionId": version_id(signal, version) if version else None,
        "templateKey": signal.template or None,
        "createdBy": email_of(signal.created_by),
        "createdAt": words.moment(signal.created_at),
        "updatedAt": words.moment(max(moments)),
        "archivedAt": words.moment(change.at) if is_archived and change else None,
        "pausedReason": signal.paused_reason or None,
        "url": links.page("signal", signal.project.slug, signal.uuid),
    }


def items_of(project: Project, rows: Sequence[Summary]) -> list[Row]:
    """Return signals of a list, with what each gave in the last 7 days."""
    signals = [row.signal for row in rows]
    for signal in signals:
        signal.project = project
    prefetch_related_objects(signals, "created_by")
    changes = last_changes(signals)
    return [_item(row, changes) for row in rows]


def _item(row: Summary, changes: Mapping[int, StateChange]) -> Row:
    signal, version = row.signal, row.version
    return signal_of(signal, version, changes.get(signal.pk)) | {
        "classifierType": version.type if version else None,
        "sampleRatePercent": words.percent_of(version.sample_rate) if version else None,
        "recentLabelCount": row.total,
        "labels": words.label_names_of(version) if version else [],
        "labelSentiments": words.sentiments_of(version) if version else {},
    }


def version_of(signal: Signal, version: SignalVersion) -> Row:
    return {
        "id": version_id(signal, version),
        "signalId": str(signal.uuid),
        "version": version.number,
        "classifierType": version.type,
        "prompt": version.prompt,
        "labels": words.label_names_of(version),
        "labelSentiments": words.sentiments_of(version),
        "sampleRatePercent": words.percent_of(version.sample_rate),
        "judgeRouteId": None,
        "judgeCanonicalModelAlias": version.judge_model or None,
        "createdBy": email_of(version.created_by),
        "createdAt": words.moment(version.created_at),
    }


def version_id(signal: Signal, version: SignalVersion) -> str:
    """Return an id of a version, which has but a number."""
    return f"{signal.uuid}-v{version.number}"


def source_of(agent: Agent) -> str:
    """Say whether an agent is known by an id that it chose, or by its name alone."""
    return "agent_name" if agent.identity == agent.said_name else "agent_id"


def runs_of(progress: Sequence[Progress]) -> list[Row]:
    return [run_of(each) for each in progress]


def run_of(progress: Progress) -> Row:
    """Return a run with how far it is."""
    run, signal = progress.run, progress.run.signal
    is_cancelled = run.state == Run.State.CANCELLED
    has_begun = run.queued or run.queued_all or not progress.is_running
    return {
        "id": str(run.uuid),
        "signalId": str(signal.uuid),
        "signalVersionId": version_id(signal, run.version),
        "teamId": str(run.project.team.uuid),
        "status": words.RUNS[run.state] if has_begun else "pending",
        "statusDetail": f"{progress.judged} of {progress.total} judged",
        "errorMessage": CANCELLED if is_cancelled else None,
        "sampleRatePercent": words.percent_of(run.sample_rate),
        "samplePeriodStart": words.moment(run.start),
        "samplePeriodEnd": words.moment(run.end),
        "filters": {},
        "matchedSpanCount": run.matched,
        "sampledSpanCount": run.queued,
        "createdBy": email_of(run.created_by),
        "createdAt": words.moment(run.created_at),
        "updatedAt": words.moment(run.finished_at or run.created_at),
        "url": links.page("signal_run", run.project.slug, signal.uuid, run.uuid),
    }


def email_of(user: User | None) -> str | None:
    return user.email if user else None


def _moments(version: SignalVersion | None, change: StateChange | None) -> list[datetime]:
    return [*([version.created_at] if version else []), *([change.at] if change else [])]
