"""What only a signal that judges nothing needs to know of the last hour and of the worker."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum

from signals_app import liveness
from signals_app.explain.no_labels_reasons import QUIET, Facts, Recent, why_quiet
from signals_app.labels import counts
from signals_app.models import Classification, Scope, Signal, Source
from traces.models import AgentTrace, Session, Trace

#: A session that began earlier may still settle within the last hour, but few do.
LONGEST_SESSION = timedelta(days=1)


def with_recent(facts: Facts, signal: Signal, now: datetime) -> Facts:
    """Costs one query while an active signal is at work, and none for others."""
    if signal.state != Signal.State.ACTIVE:
        return facts
    since = _last_judged(signal) or signal.activated_at
    if since is None or now - since <= QUIET:
        return replace(facts, judging_since=since, worker_trouble=_worker_trouble(now))
    return replace(
        facts,
        judging_since=since,
        worker_trouble=_worker_trouble(now),
        traces_a_day=_traces_a_day(facts, signal, now),
        recent=_sessions(signal, now) if signal.scope == Scope.SESSION else _traces(signal, now),
    )


def silence(facts: Facts, labelled: int, now: datetime) -> dict[str, Any]:
    """Say of a signal that has labels why it judges no more; `no_labels_reasons` speak of the
    others."""
    return {
        "quiet": why_quiet(facts, now) if labelled else [],
        "quiet_for": now - facts.judging_since if facts.judging_since else None,
    }


def _worker_trouble(now: datetime) -> str:
    return liveness.words(liveness.of_worker(now), now)


def _last_judged(signal: Signal) -> datetime | None:
    """Find when a signal judged last by the index `labels_newest`: what is live counts at the
    moment it was judged."""
    rows = Classification.objects.filter(project_id=signal.project_id, signal_id=signal.pk)
    newest = rows.order_by("-counted_at", "-id").values_list("created_at", flat=True)
    return newest.filter(source=Source.LIVE).first()


def _traces_a_day(facts: Facts, signal: Signal, now: datetime) -> float:
    if signal.scope != Scope.SESSION:
        return 0.0
    return counts.targets_of_agent_a_day(signal.project_id, signal.agent_id, Scope.TRACE, now)


def _traces(signal: Signal, now: datetime) -> Recent:
    """Traces of the agent, or their model calls, which are counted when a trace settles."""
    runs = AgentTrace.objects.of_project(signal.project_id).of_agent(signal.agent_id)
    settled = Trace.objects.filter(
        project_id=OuterRef("project_id"), trace_id=OuterRef("trace_id"), settled_at__isnull=False
    )
    totals = (
        runs.since(now - QUIET)
        .annotate(has_settled=Exists(settled))
        .aggregate(
            settled=Count("trace_id", filter=Q(has_settled=True)),
            open=Count("trace_id", filter=Q(has_settled=False)),
            calls=Sum("llm_count", filter=Q(has_settled=True)),
        )
    )
    is_span = signal.scope == Scope.SPAN
    return Recent((totals["calls"] or 0) if is_span else totals["settled"], totals["open"])


def _sessions(signal: Signal, now: datetime) -> Recent:
    sessions = Session.objects.of_project(signal.project_id).filter(
        agent_id=signal.agent_id, start_time__gte=now - LONGEST_SESSION
    )
    settled = Q(settled_at__gte=now - QUIET)
    still_open = Q(settled_at__isnull=True)
    return Recent(
        **sessions.aggregate(
            settled=Count("key", filter=settled), open=Count("key", filter=still_open)
        )
    )
