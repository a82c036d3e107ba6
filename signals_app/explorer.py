"""Labels in the trace explorer: filters, chips, notes and counts (traces/panels.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from core.ids import session_key, span_id_hex
from core.tones import UNLABELLED, tones
from core.windows import Window
from signals_app.models import Classification, Outcome, Scope, Signal, SignalVersion
from signals_app.pages import agent_signals, why_replies
from signals_app.targets import TargetRef
from teams.models import Project
from traces import panels
from traces.few_or_many import Named, exists, named_by
from traces.models import Agent, AgentTrace, Trace
from traces.panels import About, Linked, Mark, Measure, Page, Reply
from traces.querysets import TraceQuerySet

NO_LABEL = "no label"


class AnyNumber(forms.MultipleChoiceField):
    """Any number of choices; the empty one, of a select that was left alone, is none."""

    def to_python(self, value: Any) -> list[str]:
        return [one for one in super().to_python(value) if one]


class LabelExtension:
    """`label=<signal's uuid>:<label>`, any number of them; an empty label means "no label"."""

    def filter_fields(self, project: Project) -> dict[str, forms.Field]:
        field = AnyNumber(label="Label", required=False, choices=_choices(_versions(project)))
        return {"label": field}

    def narrow(
        self, traces: TraceQuerySet, project: Project, chosen: dict[str, Any], since: datetime
    ) -> TraceQuerySet:
        """Labels of one signal are alternatives; different signals must all agree."""
        wanted = _by_signal(chosen.get("label") or [])
        if not wanted:
            return traces
        named: list[Named] = []
        for signal in Signal.objects.filter(project=project, uuid__in=wanted):
            names = [label for label in wanted[signal.uuid] if label]
            naming = [_naming(signal, names, since)] if names else []
            if len(names) == len(wanted[signal.uuid]):
                named += naming
            else:
                traces = traces.filter(_bears_none(signal) | (named_by(*naming) if naming else Q()))
        return traces.filter(named_by(*named))

    def marks(self, project: Project, traces: Sequence[Trace]) -> dict[UUID, list[Mark]]:
        versions = {version.pk: version for version in _versions(project)}
        targets = _targets(traces, versions.values())
        found: dict[UUID, list[Mark]] = {trace.trace_id: [] for trace in traces}
        if not versions:
            return found
        for row in _newest(_current(project.pk).filter(target__in=targets)):
            mark = _mark(project, versions[row.version_id], row)
            for trace_id in targets[row.target]:
                found[trace_id].append(mark)
        return found

    def replies(self, project: Project, about: About, now: datetime) -> list[Reply]:
        ref = TargetRef(about.scope, about.target, about.span_id)
        return why_replies.replies(project, ref, now)

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


def _versions(project: Project) -> QuerySet[SignalVersion]:
    """Every version of a project's signals, a signal's newest one first."""
    return (
        SignalVersion.objects.filter(signal__project=project)
        .select_related("signal__agent")
        .order_by("signal__name", "signal", "-number")
    )


def _choices(versions: Iterable[SignalVersion]) -> list[tuple[str, list[tuple[str, str]]]]:
    """A group for each signal: the labels of all its versions, the newest version's first."""
    labels: dict[Signal, dict[str, None]] = {}
    for version in versions:
        labels.setdefault(version.signal, {}).update(dict.fromkeys(version.label_names))
    return [(_title(signal), _options(signal, labels[signal])) for signal in labels]


def _options(signal: Signal, names: Iterable[str]) -> list[tuple[str, str]]:
    each = [(f"{signal.uuid}:{name}", f"{signal.name} = {name}") for name in names]
    return [*each, (f"{signal.uuid}:", f"{signal.name}: {NO_LABEL}")]


def _title(signal: Signal) -> str:
    archived = " (archived)" if signal.state == Signal.State.ARCHIVED else ""
    return f"{signal.name} · {signal.agent.name}{archived}"


def _by_signal(values: Iterable[str]) -> dict[UUID, list[str]]:
    wanted: dict[UUID, list[str]] = {}
    for value in values:
        uuid, _colon, label = value.partition(":")
        wanted.setdefault(UUID(uuid), []).append(label)
    return wanted


def _bears_none(signal: Signal) -> Q:
    """Traces that the signal's agent took part in, and that have no label of it."""
    took_part = AgentTrace.objects.of_project(signal.project_id).of_agent(signal.agent_id)
    here = took_part.of_trace(OuterRef("trace_id")).values("agent_id")
    return exists(here) & ~exists(_of_one(signal))


def _labelled(signal: Signal, names: list[str] | None = None) -> QuerySet[Classification]:
    """The signal's labels that count; of these names, where there are some."""
    found = _current(signal.project_id).filter(signal_id=signal.pk, outcome=Outcome.LABELLED)
    return found if names is None else found.filter(~_judged_anew(), label__in=names)


def _naming(signal: Signal, names: list[str], since: datetime) -> Named:
    """The traces that bear such a label, or whose span or session does.

    A trace's target_time, and its spans', is never before the trace's start; a session's may be.
    """
    labelled, of_one = _labelled(signal, names), _of_one(signal, names)
    if signal.scope != Scope.SESSION:
        return Named(labelled.filter(target_time__gte=since), "target", of_one)
    agents = AgentTrace.objects.of_project(signal.project_id).of_agent(signal.agent_id)
    in_sessions = agents.since(since).of_session_keys(labelled.values("target"))
    return Named(in_sessions, "trace_id", of_one)


def _of_one(signal: Signal, names: list[str] | None = None) -> QuerySet[Any, Any]:
    """The same of one trace, OuterRef("trace_id"); any label where there are no names."""
    labelled = _labelled(signal, names)
    if signal.scope != Scope.SESSION:
        return labelled.filter(target=OuterRef("trace_id")).values("target")
    agents = AgentTrace.objects.of_project(signal.project_id).of_agent(signal.agent_id)
    runs = agents.of_trace(OuterRef("trace_id"))
    return runs.filter(Exists(labelled.filter(target=OuterRef("session_key")))).values("trace_id")


def _judged_anew() -> Exists:
    """A later version labelled the same target: then that label is the one that counts."""
    later = Classification.objects.filter(
        project_id=OuterRef("project_id"),
        target=OuterRef("target"),
        span_id=OuterRef("span_id"),
        signal_id=OuterRef("signal_id"),
        version_id__gt=OuterRef("version_id"),
        outcome=Outcome.LABELLED,
        is_current=True,
    )
    return Exists(later)


def _current(project_id: int) -> QuerySet[Classification]:
    return Classification.objects.filter(project_id=project_id, is_current=True)


def _newest(rows: Iterable[Classification]) -> list[Classification]:
    """One for each signal and target: a label before a failure, a newer version before an older."""
    best: dict[tuple[int, UUID, int], Classification] = {}
    for row in sorted(rows, key=lambda row: (row.label is not None, row.version_id)):
        best[row.signal_id, row.target, row.span_id] = row
    return sorted(best.values(), key=lambda row: (row.signal_id, row.created_at))


def _targets(traces: Sequence[Trace], versions: Iterable[SignalVersion]) -> dict[UUID, list[UUID]]:
    """What a classification may name, and the traces that it then speaks of."""
    agents = {v.signal.agent_id for v in versions if v.signal.scope == Scope.SESSION}
    targets: dict[UUID, list[UUID]] = {trace.trace_id: [trace.trace_id] for trace in traces}
    for trace in traces:
        for agent in agents if trace.session_id else ():
            key = session_key(agent, trace.session_id or "")
            targets.setdefault(key, []).append(trace.trace_id)
    return targets


def _tones(version: SignalVersion) -> dict[str, str]:
    return tones([(entry["name"], entry["sentiment"]) for entry in version.labels])


def _mark(project: Project, version: SignalVersion, row: Classification) -> Mark:
    return Mark(
        title=version.signal.name,
        url=reverse("signal", args=[project.slug, version.signal.uuid]),
        scope=row.scope,
        label=row.label,
        tone=_tones(version).get(row.label or "", UNLABELLED),
        explanation=row.explanation,
        reason=row.reason or str(Outcome(row.outcome).label),
        judge=row.judge_model,
        span_id=span_id_hex(row.span_id) if row.scope == Scope.SPAN else "",
        at=row.created_at,
        note=f"The judge read it without {row.cut_chars:,} characters." if row.cut_chars else "",
    )


panels.register(LabelExtension())
