"""Things of a project by what callers call them; all raise Http404 for what it does not have."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import Http404

from alerts.models import Alert
from core.ids import span_id_from_hex
from signals_app.models import Run, Signal, SignalVersion, Trial
from teams.models import Project
from traces.models import Agent, Session, Span, Trace
from traces.records import StoredSpan
from traces.store import reading

Thing = TypeVar("Thing", bound=Model)
Value = TypeVar("Value")

NOT_HERE = "It does not exist, or it belongs to another project."


def given(field: str, find: Callable[[Any, Any], Thing], where: Any, key: Any) -> Thing:
    """Return what a field or a parameter names. Raises ValidationError for that field, as the
    address itself is right. where: the project, or what else `find` looks in."""
    try:
        return find(where, key)
    except Http404:
        raise ValidationError({field: [NOT_HERE]}) from None


def signal(project: Project, key: UUID) -> Signal:
    """Return a signal with its agent and live version."""
    signals = Signal.objects.select_related("agent", "live_version__created_by", "project__team")
    return _one(signals.filter(project=project), uuid=key)


def version(signal: Signal, number: int) -> SignalVersion:
    """Return a version of a signal by its number."""
    found = signal.versions.select_related("created_by").filter(number=number).first()
    if found is None:
        raise Http404
    return found


def alert(project: Project, key: UUID) -> Alert:
    """Return an alert with its signal."""
    alerts = Alert.objects.of_project(project.pk)
    return _one(alerts.select_related("signal__agent", "signal__live_version"), uuid=key)


def alerts_of(signal: Signal) -> list[Alert]:
    """Return the alerts of a signal with their destinations, but for the archived."""
    alerts = Alert.objects.of_signals([signal.pk]).prefetch_related("destinations")
    return list(alerts.order_by("name"))


def run(project: Project, key: UUID) -> Run:
    """Return a run with its version and signal."""
    runs = Run.objects.select_related("version", "signal__project", "project", "created_by")
    return _one(runs.filter(project=project), uuid=key)


def trial(project: Project, key: UUID) -> Trial:
    """Return a trial with its agent, and its signal and version where it has them."""
    trials = Trial.objects.select_related("agent", "signal", "version", "before", "project")
    return _one(trials.filter(project=project), uuid=key)


def trace(project: Project, key: str) -> Trace:
    """Return a trace by its id as hexadecimal digits, without the text that is searched."""
    return _one(Trace.objects.of_project(project.pk).defer("search"), trace_id=UUID(hex=key))


def trace_ids(project: Project, keys: Sequence[str]) -> list[UUID]:
    """Return the ids of traces that are given as hexadecimal digits. Raises ValidationError for the
    first that the project does not have."""
    ids = [UUID(hex=key) for key in keys]
    there = set(Trace.objects.of_project(project.pk).among(ids).ids())
    for each in ids:
        if each not in there:
            raise ValidationError({"trace_id": [f"{each.hex}: {NOT_HERE}"]})
    return ids


def session(project: Project, key: str) -> Session:
    """Return a session by its key as hexadecimal digits."""
    return _one(Session.objects.of_project(project.pk), key=UUID(hex=key))


def span(project: Project, trace_id: str, key: str) -> tuple[Trace, Span]:
    """Return a span with its trace, both by their ids as hexadecimal digits."""
    of = trace(project, trace_id)
    return of, found(Span.objects.in_trace(of).filter(span_id=span_id_from_hex(key)).first())


def stored_span(project: Project, trace_id: str, key: str) -> StoredSpan:
    """Return a span with all that was sent in it."""
    return found(reading.span(project.pk, UUID(hex=trace_id), span_id_from_hex(key)))


def found(thing: Value | None) -> Value:
    """Return what a look-up found. Raises Http404 for nothing."""
    if thing is None:
        raise Http404
    return thing


def agent(project: Project, name: str) -> Agent:
    """Return an agent by its id, its exact name or its identity in traffic."""
    known = Agent.objects.of_project(project.pk)
    if "\x00" in name:
        raise Http404
    try:
        return _one(known, uuid=uuid.UUID(name))
    except (ValueError, Http404):
        pass
    named = known.filter(identity=name).first() or known.filter(name=name).first()
    if named is None:
        raise Http404
    return named


def name_of(agent: Agent) -> str:
    """Return a word by which `agent` finds this one: its name, or its identity where another agent
    answers to that name."""
    others = Agent.objects.of_project(agent.project_id).exclude(pk=agent.pk)
    if others.filter(Q(identity=agent.name) | Q(name=agent.name)).exists():
        return agent.identity
    return agent.name


def _one(rows: QuerySet[Thing], **wanted: UUID) -> Thing:
    thing = rows.filter(**wanted).first()
    if thing is None:
        raise Http404
    return thing
