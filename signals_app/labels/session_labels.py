"""Labels in the list of sessions: the filter by what a session was labelled, and its chips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import OuterRef, Q, QuerySet

from signals_app.labels import trace_labels
from signals_app.models import Scope, Signal
from teams.models import Project
from traces.extensions import Mark
from traces.models import Session
from traces.models.querysets import SessionQuerySet
from traces.search.id_list_or_scan import Named, exists, one_of


def fields(project: Project) -> dict[str, forms.Field]:
    """Labels of signals that judge sessions; no field where there is none."""
    versions = list(trace_labels.versions_of(project).filter(signal__scope=Scope.SESSION))
    return {"label": trace_labels.label_field(versions)} if versions else {}


def narrow(
    sessions: SessionQuerySet, project: Project, values: Iterable[str], since: datetime
) -> SessionQuerySet:
    return trace_labels.narrowed(
        sessions, project, values, "key", partial(_naming, since), _bears_none
    )


def _naming(since: datetime, signal: Signal, names: list[str]) -> Named:
    """Name the sessions that bear one of the labels. Their target_time is the start as it was when
    they settled: never before the start."""
    labelled = trace_labels.labelled(signal, names).filter(target_time__gte=since)
    return Named(labelled, "target", _of_one(signal, names))


def _of_one(signal: Signal, names: list[str] | None = None) -> QuerySet[Any, Any]:
    return trace_labels.labelled(signal, names).filter(target=OuterRef("key")).values("target")


def _bears_none(signal: Signal) -> Q:
    """Sessions of the signal's agent that have no label of it."""
    return Q(agent_id=signal.agent_id) & ~exists(_of_one(signal))


def marks(
    project: Project, sessions: Sequence[Session], turns: Mapping[UUID, Sequence[UUID]]
) -> dict[UUID, list[Mark]]:
    """Return by key what was judged of each session and its turns. A trace of several agents is a
    turn of each one's session, and each signal judges its own agent's."""
    by_key: dict[UUID, list[Mark]] = {session.key: [] for session in sessions}
    agents = {session.key: session.agent_id for session in sessions}
    targets = _targets(sessions, turns)
    rows = trace_labels.current(project.pk).filter(one_of("target", list(targets)))
    for row, version in trace_labels.with_versions(trace_labels.newest(rows)):
        mark = trace_labels.mark(project, version, row)
        for key in targets[row.target]:
            if agents[key] == row.agent_id:
                by_key[key].append(mark)
    return {key: sorted(each, key=_is_of_a_turn) for key, each in by_key.items()}


def _is_of_a_turn(mark: Mark) -> bool:
    return mark.scope != Scope.SESSION


def _targets(
    sessions: Sequence[Session], turns: Mapping[UUID, Sequence[UUID]]
) -> dict[UUID, list[UUID]]:
    """Return what a classification may name, and the sessions that it then speaks of."""
    targets = {session.key: [session.key] for session in sessions}
    for key, traces in turns.items():
        for trace_id in traces:
            targets.setdefault(trace_id, []).append(key)
    return targets
