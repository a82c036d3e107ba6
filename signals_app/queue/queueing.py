"""From settled traffic to waiting jobs: one transaction claims the one and inserts the other,
so that nothing settles without being queued and nothing is queued twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from signals_app import sampling
from signals_app.models import Scope, Signal, Source
from signals_app.queue import insertion
from signals_app.queue.insertion import NewJob
from signals_app.queue.jobs import LIVE_PRIORITY
from signals_app.spending import rates
from signals_app.spending.rates import Factors
from traces import settling
from traces.settling import ModelCall, SettledSession, SettledTrace

#: Rows settled in one transaction: a second of work at most.
CLAIM_LIMIT = 500

#: Of a target that has grown, only the newest revision is worth a judge's time.
FORGET_OLDER = """
DELETE FROM judge_job j
USING unnest(%s::bigint[], %s::bigint[], %s::uuid[], %s::int[])
    AS new(project_id, version_id, target, revision)
WHERE j.project_id = new.project_id AND j.version_id = new.version_id
    AND j.target = new.target AND j.span_id = 0 AND j.revision < new.revision
    AND j.lease_until IS NULL
RETURNING j.project_id, j.version_id, j.target, j.available_at
"""

#: A target that goes on after its last undelayed revision is judged again this late at most.
LONGEST_WAIT = timedelta(days=1)
#: The highest number that the column of revisions holds.
MOST_REVISIONS = 32_000


Signals = dict[tuple[int, str], list[Signal]]  # by agent and scope


def settle_and_queue(now: datetime, limit: int = CLAIM_LIMIT) -> int:
    """Settle what has lain still; returns how many targets settled (0: nothing is left).

    What was uploaded settles without being queued: it is history, and its labels would count now.
    """
    with transaction.atomic():
        traces = settling.claim_traces(now, limit)
        sessions = settling.claim_sessions(now, limit)
        live = [trace for trace in traces if not trace.is_uploaded]
        live_sessions = [session for session in sessions if not session.is_uploaded]
        if live or live_sessions:
            _queue(live, live_sessions, now)
    return len(traces) + len(sessions)


def insert(new: Iterable[NewJob], now: datetime) -> int:
    """Queue live jobs, and return how many were not there yet. Call it in a transaction.

    What was judged before (by a run, say) is not judged again, and what waits is not doubled.
    """
    rows = sorted(new, key=_back_to_back)
    waited = _forget_older([row for row in rows if row.revision > 1])
    due = (_due(row, waited.get((row.project_id, row.version_id, row.target)), now) for row in rows)
    return insertion.insert(due, now, unless_judged=True)


def wait_after(revision: int, quiet_s: float) -> timedelta:
    """Return how much longer than `quiet_s` a target that keeps growing must wait for its next
    label: nothing for the first `MAX_REVISIONS`, then its quiet time doubles each time, up to a
    day."""
    doublings = min(revision - settings.MAX_REVISIONS, 30)
    if doublings <= 0:
        return timedelta(0)
    return min(timedelta(seconds=quiet_s * (2.0**doublings - 1)), LONGEST_WAIT)


def _forget_older(again: list[NewJob]) -> dict[tuple[int, int, UUID], datetime]:
    """Forget older revisions that wait, and return by project, version and target when they would
    have been due."""
    if not again:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            FORGET_OLDER,
            [
                [row.project_id for row in again],
                [row.version_id for row in again],
                [row.target for row in again],
                [row.revision for row in again],
            ],
        )
        return {row[:3]: row[3] for row in cursor.fetchall()}


def _due(job: NewJob, waited: datetime | None, now: datetime) -> NewJob:
    """Return the job as due no later than an older revision that it replaces: who talks on for
    ever is judged too."""
    if waited is None:
        return job
    return replace(job, available_at=max(now, min(job.available_at, waited)))


def _queue(traces: list[SettledTrace], sessions: list[SettledSession], now: datetime) -> int:
    projects = {trace.project_id for trace in traces}
    projects |= {session.project_id for session in sessions}
    agents = {agent for trace in traces for agent in trace.agent_ids}
    agents |= {session.agent_id for session in sessions}
    signals = _active_signals(projects, agents)
    if not signals:
        return 0
    started = [trace.start_time for trace in traces]
    started += [session.start_time for session in sessions]
    lowered = rates.factors_of(projects, min(started))
    going = {key: _going(rows, lowered, now) for key, rows in signals.items()}
    new_jobs = [
        *_of_traces(traces, going, lowered, now),
        *_of_sessions(sessions, going, lowered, now),
        *_of_spans(traces, going, lowered, now),
    ]
    return insert(new_jobs, now)


def _going(signals: list[Signal], lowered: Factors, now: datetime) -> list[Signal]:
    """Leave out the signals of projects whose budget is spent."""
    return [signal for signal in signals if lowered.at(signal.project_id, now) > 0]


def _active_signals(projects: set[int], agents: set[int]) -> Signals:
    rows = Signal.objects.filter(
        project_id__in=projects, agent_id__in=agents, state=Signal.State.ACTIVE
    )
    signals: Signals = defaultdict(list)
    for signal in rows.select_related("live_version", "agent", "project"):
        signals[signal.agent_id, signal.scope].append(signal)
    return signals


def _of_traces(
    traces: list[SettledTrace], signals: Signals, lowered: Factors, now: datetime
) -> Iterator[NewJob]:
    for trace in traces:
        if trace.is_judge_only:
            continue
        text = sampling.target_text(trace.trace_id)
        for agent_id in trace.agent_ids:
            for signal in signals.get((agent_id, Scope.TRACE), ()):
                rate = _rate(signal, lowered, trace.start_time)
                if sampling.is_sampled(signal.sampling_salt, text, rate):
                    due = now + wait_after(trace.revision, settings.TRACE_QUIET_S)
                    yield _job(
                        signal, trace.trace_id, 0, trace.revision, trace.start_time, rate, due
                    )


def _of_sessions(
    sessions: list[SettledSession], signals: Signals, lowered: Factors, now: datetime
) -> Iterator[NewJob]:
    for session in sessions:
        text = sampling.target_text(session.key)
        for signal in signals.get((session.agent_id, Scope.SESSION), ()):
            rate = _rate(signal, lowered, session.start_time)
            if sampling.is_sampled(signal.sampling_salt, text, rate):
                quiet_s = signal.project.session_idle_s or settings.SESSION_IDLE_S
                due = now + wait_after(session.revision, quiet_s)
                yield _job(signal, session.key, 0, session.revision, session.start_time, rate, due)


def _of_spans(
    traces: list[SettledTrace], signals: Signals, lowered: Factors, now: datetime
) -> Iterator[NewJob]:
    """Model calls, each once: those that were there at an earlier settling are judged already,
    unless words of them came later, as log records."""
    by_project: dict[int, list[UUID]] = defaultdict(list)
    for trace in traces:
        if any((agent_id, Scope.SPAN) in signals for agent_id in trace.agent_ids):
            by_project[trace.project_id].append(trace.trace_id)
    for project_id, trace_ids in by_project.items():
        for call in settling.model_calls(project_id, trace_ids):
            for signal in signals.get((call.agent_id, Scope.SPAN), ()):
                rate = _rate(signal, lowered, call.start_time)
                if sampling.is_sampled(signal.sampling_salt, _text(call), rate):
                    yield _job(
                        *(signal, call.trace_id, call.span_id, call.revision),
                        *(call.start_time, rate, now),
                    )


def _text(call: ModelCall) -> str:
    return sampling.target_text(call.trace_id, call.span_id)


def _rate(signal: Signal, lowered: Factors, began: datetime) -> float:
    """Return the rate under which a target that began then is included."""
    version = signal.live_version
    return version.sample_rate * lowered.at(signal.project_id, began) if version else 0.0


def _job(
    signal: Signal,
    target: UUID,
    span_id: int,
    revision: int,
    time: datetime,
    rate: float,
    due: datetime,
) -> NewJob:
    version = signal.live_version
    if version is None:
        raise ValueError("an active signal has a version")
    return NewJob(
        project_id=signal.project_id,
        team_id=signal.project.team_id,
        signal_id=signal.pk,
        version_id=version.pk,
        agent_id=signal.agent_id,
        scope=signal.scope,
        target=target,
        span_id=span_id,
        revision=min(revision, MOST_REVISIONS),
        target_time=time,
        sample_rate=rate,
        source=Source.LIVE,
        run_id=None,
        priority=LIVE_PRIORITY,
        available_at=due,
    )


def _back_to_back(job: NewJob) -> tuple[int, bytes, int, int]:
    """Signals that share a target stand together: they share the judge's cache."""
    return job.project_id, job.target.bytes, job.span_id, job.version_id
