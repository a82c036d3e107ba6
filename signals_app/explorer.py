"""Labels in the trace explorer: filters, chips, notes and counts (traces/extensions.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from core.ids import session_key
from core.time_range.windows import Window
from signals_app.explain import replies
from signals_app.labels import agent_signals, session_labels, trace_labels
from signals_app.models import Scope, Signal
from signals_app.scores import shown
from signals_app.targets import TargetRef
from teams.models import Project
from traces import extensions
from traces.extensions import About, Linked, Mark, Measure, Page, Reply
from traces.models import Agent, AgentTrace, Session, Trace
from traces.models.querysets import SessionQuerySet, TraceQuerySet
from traces.search.id_list_or_scan import Named, exists


class LabelExtension:
    """`label=<signal's uuid>:<label>`, any number of them; an empty label means "no label"."""

    def filter_fields(self, project: Project) -> dict[str, forms.Field]:
        return {"label": trace_labels.label_field(trace_labels.versions_of(project))}

    def narrow(
        self, traces: TraceQuerySet, project: Project, chosen: dict[str, Any], since: datetime
    ) -> TraceQuerySet:
        values = chosen.get("label") or []
        return trace_labels.narrowed(
            traces, project, values, "trace_id", partial(_naming, since), _bears_none
        )

    def marks(self, project: Project, traces: Sequence[Trace]) -> dict[UUID, list[Mark]]:
        targets = _targets(traces, _agents_of_sessions(project))
        by_trace: dict[UUID, list[Mark]] = {trace.trace_id: [] for trace in traces}
        rows = trace_labels.current(project.pk).filter(target__in=targets)
        for row, version in trace_labels.with_versions(trace_labels.newest(rows)):
            mark = trace_labels.mark(project, version, row)
            for trace_id in targets[row.target]:
                by_trace[trace_id].append(mark)
        return by_trace

    def session_fields(self, project: Project) -> dict[str, forms.Field]:
        return session_labels.fields(project)

    def narrow_sessions(
        self, sessions: SessionQuerySet, project: Project, chosen: dict[str, Any], since: datetime
    ) -> SessionQuerySet:
        return session_labels.narrow(sessions, project, chosen.get("label") or [], since)

    def marks_of_sessions(
        self, project: Project, sessions: Sequence[Session], turns: Mapping[UUID, Sequence[UUID]]
    ) -> dict[UUID, list[Mark]]:
        return session_labels.marks(project, sessions, turns)

    def replies(self, project: Project, about: About, now: datetime) -> list[Reply]:
        ref = TargetRef(about.scope, about.target, about.span_id)
        return replies.replies(project, ref, now)

    def remarks(self, project: Project, targets: Sequence[UUID]) -> list[Mark]:
        return shown.marks(project, targets)

    def counts_of_agents(self, project: Project) -> dict[int, Linked]:
        """Signals that are not archived."""
        rows = (
            Signal.objects.filter(project=project)
            .exclude(state=Signal.State.ARCHIVED)
            .values_list("agent", "agent__uuid")
            .annotate(n=Count("pk"))
            .order_by()
        )
        return {pk: Linked(n, _signals_url(project, uuid)) for pk, uuid, n in rows}

    def pages_of_agent(self, project: Project, agent: Agent) -> list[Page]:
        return [Page("agent_signals", "Signals", _signals_url(project, agent.uuid))]

    def measures_of_agent(self, project: Project, agent: Agent, window: Window) -> list[Measure]:
        return agent_signals.measures(project, agent, window)


def _signals_url(project: Project, agent_uuid: UUID) -> str:
    return reverse("agent_signals", args=[project.slug, agent_uuid])


def _bears_none(signal: Signal) -> Q:
    """Traces that the signal's agent took part in, and that have no label of it."""
    took_part = AgentTrace.objects.of_project(signal.project_id).of_agent(signal.agent_id)
    here = took_part.of_trace(OuterRef("trace_id")).values("agent_id")
    return exists(here) & ~exists(_of_one(signal))


def _naming(since: datetime, signal: Signal, names: list[str]) -> Named:
    """Name the traces that bear such a label, or whose span or session does.

    A trace's target_time, and its spans', is never before the trace's start; a session's may be.
    """
    labelled, of_one = trace_labels.labelled(signal, names), _of_one(signal, names)
    if signal.scope != Scope.SESSION:
        return Named(labelled.filter(target_time__gte=since), "target", of_one)
    agents = AgentTrace.objects.of_project(signal.project_id).of_agent(signal.agent_id)
    in_sessions = agents.since(since).of_session_keys(labelled.values("target"))
    return Named(in_sessions, "trace_id", of_one)


def _of_one(signal: Signal, names: list[str] | None = None) -> QuerySet[Any, Any]:
    """Ask the same of one trace, OuterRef("trace_id"); any label where there are no names."""
    labelled = trace_labels.labelled(signal, names)
    if signal.scope != Scope.SESSION:
        return labelled.filter(target=OuterRef("trace_id")).values("target")
    agents = AgentTrace.objects.of_project(signal.project_id).of_agent(signal.agent_id)
    runs = agents.of_trace(OuterRef("trace_id"))
    return runs.filter(Exists(labelled.filter(target=OuterRef("session_key")))).values("trace_id")


def _agents_of_sessions(project: Project) -> set[int]:
    """Return the agents whose sessions are judged."""
    signals = Signal.objects.filter(project=project, scope=Scope.SESSION)
    return set(signals.values_list("agent", flat=True))


def _targets(traces: Sequence[Trace], agents: Iterable[int]) -> dict[UUID, list[UUID]]:
    """Return what a classification may name, and the traces that it then speaks of.

    agents: those whose sessions are judged.
    """
    targets: dict[UUID, list[UUID]] = {trace.trace_id: [trace.trace_id] for trace in traces}
    for trace in traces:
        for agent in agents if trace.session_id else ():
            key = session_key(agent, trace.session_id or "")
            targets.setdefault(key, []).append(trace.trace_id)
    return targets


extensions.register(LabelExtension())
