"""Scores → remarks: the signal that each one names, and one statement that keeps them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from core.ids import session_key
from signals_app.models import Signal, SignalVersion
from signals_app.scores.score import BadScore, Score, label_of
from teams.models import Project
from traces.models import AgentTrace, Session

#: The same id again is the same remark, said anew.
UPSERT = """
INSERT INTO remark (project_id, id, signal_id, scope, target, span_id, label, comment, at,
    received_at)
SELECT %s, r.id, r.signal_id, r.scope, r.target, r.span_id, r.label, r.comment, r.at, %s
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::uuid[], %s::bigint[], %s::text[], %s::text[],
    %s::timestamptz[]) AS r(id, signal_id, scope, target, span_id, label, comment, at)
ORDER BY r.id
ON CONFLICT (project_id, id) DO UPDATE SET
    signal_id = EXCLUDED.signal_id, scope = EXCLUDED.scope, target = EXCLUDED.target,
    span_id = EXCLUDED.span_id, label = EXCLUDED.label, comment = EXCLUDED.comment,
    at = EXCLUDED.at, received_at = EXCLUDED.received_at
"""

MAX_NAMES = 10


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    signal_id: int
    scope: str
    target: UUID
    span_id: int
    label: str
    comment: str
    at: datetime


def remark(project: Project, scores: Sequence[Score], now: datetime) -> list[str]:
    """Keep the scores that name a signal of the project. One answer for each, in order: "" for
    one that is kept, else why it is not."""
    signals = _known(project)
    rows: dict[str, _Row] = {}
    answers = []
    for score in scores:
        try:
            rows[score.id] = _row(project, score, signals, now)
            answers.append("")
        except BadScore as error:
            answers.append(str(error))
    if rows:
        _keep(project, list(rows.values()), now)
    return answers


def _known(project: Project) -> dict[str, list[tuple[Signal, list[str]]]]:
    """Signals by name, each with the labels of its newest version."""
    newest: dict[int, SignalVersion] = {}
    versions = SignalVersion.objects.filter(signal__project=project)
    living = versions.exclude(signal__state=Signal.State.ARCHIVED)
    for version in living.select_related("signal").order_by("signal", "number"):
        newest[version.signal_id] = version
    by_name: dict[str, list[tuple[Signal, list[str]]]] = defaultdict(list)
    for version in newest.values():
        by_name[version.signal.name].append((version.signal, version.label_names))
    return by_name


def _row(
    project: Project,
    score: Score,
    signals: dict[str, list[tuple[Signal, list[str]]]],
    now: datetime,
) -> _Row:
    named = signals.get(score.name)
    if not named:
        known = ", ".join(sorted(signals)[:MAX_NAMES]) or "none yet"
        raise BadScore(
            f"No signal of this project is named {score.name[:60]!r}: only scores with a signal's "
            f"name are kept. Signals: {known}."
        )
    signal, label = _signal(project, score, named)
    target = score.trace_id or session_key(signal.agent_id, score.session_id or "")
    at = score.at or now
    return _Row(score.id, signal.pk, score.scope, target, score.span_id, label, score.comment, at)


def _signal(
    project: Project, score: Score, named: list[tuple[Signal, list[str]]]
) -> tuple[Signal, str]:
    """Return the signal that is meant: of several agents' with one name, the one that took part."""
    fitting = []
    for signal, labels in named:
        try:
            fitting.append((signal, label_of(score.value, labels)))
        except BadScore:
            if len(named) == 1:
                raise
    if not fitting:
        label_of(score.value, [label for _, labels in named for label in labels])
    if len(fitting) > 1:
        agents = _agents(project, score, [signal.agent_id for signal, _ in fitting])
        fitting.sort(key=lambda one: (one[0].agent_id not in agents, one[0].pk))
    return fitting[0]


def _agents(project: Project, score: Score, candidates: list[int]) -> set[int]:
    if score.trace_id is not None:
        runs = AgentTrace.objects.of_project(project.pk).of_trace(score.trace_id)
        return set(runs.values_list("agent_id", flat=True))
    keys = [session_key(agent, score.session_id or "") for agent in candidates]
    sessions = Session.objects.filter(project_id=project.pk, key__in=keys)
    return set(sessions.values_list("agent_id", flat=True))


def _keep(project: Project, rows: list[_Row], now: datetime) -> None:
    columns = [
        [getattr(row, name) for row in rows]
        for name in ("id", "signal_id", "scope", "target", "span_id", "label", "comment", "at")
    ]
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [project.pk, now, *columns])
