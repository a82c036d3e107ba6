"""What `explain/decision.py` decides upon, read for one target and any number of signals.

Every question is one query whatever the number of signals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.urls import reverse

from core.ids import span_id_hex
from signals_app import liveness, sampling
from signals_app.explain.decision import Answer, Asking, Judged, Target, Waits, why
from signals_app.explain.targets import Known
from signals_app.judging import judge_in_use
from signals_app.judging.model_server import endpoints
from signals_app.models import Classification, JudgeEndpoint, JudgeJob, Scope, Signal, SignalVersion
from signals_app.queue.jobs import HELD_UNTIL
from signals_app.spending import rates
from signals_app.targets import TargetRef
from teams.models import Project

#: A place further behind than this is only said to be further behind.
MOST_AHEAD = 1000
#: Model calls of a trace that are offered to look at.
MOST_WAYS = 20

AHEAD = """
SELECT j.id, ahead.n FROM judge_job j
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT 1 FROM judge_job o
        WHERE o.team_id = j.team_id AND o.lease_until IS NULL
            AND (o.priority, o.available_at, o.id) < (j.priority, j.available_at, j.id)
        LIMIT %s) few) ahead
WHERE j.project_id = %s AND j.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Way:
    """To another target about which the signal can be asked."""

    text: str
    url: str
    is_id: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    signal: Signal
    answer: Answer
    ref: TargetRef
    url: str
    ways: list[Way]
    judged: Classification | None


def answers(
    project: Project, known: Known, signals: Sequence[Signal], now: datetime
) -> list[Answered]:
    """Return an answer for each signal, in their order; the signals come with agent and live
    version."""
    pks = [signal.pk for signal in signals]
    judged = newest_of(classifications(project.pk, known.ref, pks))
    waiting = _waiting(project.pk, known.ref, pks, now)
    lowered = rates.factors_of([project.pk], known.began_at)
    factor = lowered.at(project.pk, known.began_at)
    stopped = lowered.stopped(project.pk, known.began_at, known.settled_at or now)
    return [
        Answered(
            signal,
            why(
                asking(signal, factor, bool(stopped)),
                _target(signal, known),
                waiting.get(signal.pk),
                _judged(judged.get(signal.pk)),
                now,
            ),
            known.ref,
            why_url(project, signal, known.ref),
            _ways(project, signal, known),
            judged.get(signal.pk),
        )
        for signal in signals
    ]


def classifications(
    project_id: int, ref: TargetRef, signal_ids: Iterable[int]
) -> list[Classification]:
    """Return all that was ever said of the target, the newest version and revision first."""
    number = SignalVersion.objects.filter(pk=OuterRef("version_id")).values("number")
    rows = Classification.objects.filter(
        project_id=project_id,
        target=ref.target,
        span_id=ref.stored_span_id,
        signal_id__in=signal_ids,
    )
    rows = rows.annotate(version_number=Subquery(number))
    return list(rows.order_by("-version_id", "-revision"))


def newest_of(rows: Iterable[Classification]) -> dict[int, Classification]:
    """Return the current classification of each signal's newest version, by signal."""
    by_signal: dict[int, Classification] = {}
    for row in rows:
        if row.is_current:
            by_signal.setdefault(row.signal_id, row)
    return by_signal


def asking(signal: Signal, factor: float, was_stopped: bool) -> Asking:
    version = signal.live_version
    return Asking(
        scope=signal.scope,
        agent=signal.agent.name,
        state=signal.state,
        paused_reason=signal.paused_reason,
        activated_at=signal.activated_at,
        version=version.number if version else None,
        version_since=version.created_at if version else None,
        rate=version.sample_rate * factor if version else None,
        factor=factor,
        was_stopped=was_stopped,
    )


def _target(signal: Signal, known: Known) -> Target:
    ref = known.ref
    text = sampling.target_text(ref.target, ref.span_id)
    return Target(
        scope=ref.scope,
        is_of_agent=signal.agent_id in known.agent_ids,
        place=sampling.place(signal.sampling_salt, text),
        quiet_since=known.quiet_since,
        due_at=known.due_at,
        settled_at=known.settled_at,
        revision=known.revision,
        kind=known.kind,
        is_own_judge=known.is_own_judge,
        is_uploaded=known.is_uploaded,
        has_other=_has_other(signal, known),
    )


def _has_other(signal: Signal, known: Known) -> bool:
    if known.ref.scope == Scope.SESSION or signal.scope == Scope.TRACE:
        return True
    there = known.sessions if signal.scope == Scope.SESSION else known.calls
    return signal.agent_id in there


def _ways(project: Project, signal: Signal, known: Known) -> list[Way]:
    """Return where a signal of another scope has its say, near this target."""
    ref, agent = known.ref, signal.agent_id
    if signal.scope == ref.scope or ref.scope == Scope.SESSION:
        return []
    if signal.scope == Scope.TRACE:
        return [_way(project, signal, TargetRef("trace", ref.target), "the trace")]
    if signal.scope == Scope.SESSION:
        key = known.sessions.get(agent)
        return [_way(project, signal, TargetRef("session", key), "its session")] if key else []
    return [
        _way(project, signal, TargetRef("span", ref.target, span_id), span_id_hex(span_id))
        for span_id in known.calls.get(agent, [])[:MOST_WAYS]
    ]


def _way(project: Project, signal: Signal, ref: TargetRef, text: str) -> Way:
    return Way(text, why_url(project, signal, ref), is_id=ref.scope == Scope.SPAN)


def why_url(project: Project, signal: Signal, ref: TargetRef) -> str:
    return f"{reverse('signal_why', args=[project.slug, signal.uuid])}?target={ref}"


def _judged(row: Classification | None) -> Judged | None:
    if row is None:
        return None
    return Judged(
        outcome=row.outcome,
        label=row.label,
        explanation=row.explanation,
        reason=row.reason,
        reason_code=row.reason_code,
        version=row.version_number,  # type: ignore[attr-defined]
        revision=row.revision,
        source=row.source,
        rate=row.sample_rate,
        model=row.judge,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_tokens=row.cached_tokens,
        cost_usd=row.cost_usd,
        cut_chars=row.cut_chars,
        latency_ms=row.latency_ms,
        attempts=row.attempts,
        at=row.created_at,
    )


def _waiting(
    project_id: int, ref: TargetRef, signal_ids: Sequence[int], now: datetime
) -> dict[int, Waits]:
    """Return the waiting job of each signal; of several versions the newest."""
    versions = (
        SignalVersion.objects.filter(signal__in=signal_ids).select_related("endpoint").in_bulk()
    )
    rows = JudgeJob.objects.filter(
        project_id=project_id,
        version_id__in=versions,
        target=ref.target,
        span_id=ref.stored_span_id,
    )
    jobs = {job.signal_id: job for job in rows.order_by("version_id", "revision")}
    if not jobs:
        return {}
    ahead, default = _ahead(project_id, jobs.values()), judge_in_use.defaults_of([project_id])
    is_stopped = liveness.of_worker(now).is_stopped
    return {
        pk: _waits(job, version, ahead.get(job.id, 0), default.get(project_id), is_stopped)
        for pk, job in jobs.items()
        if (version := versions[job.version_id])
    }


def _waits(
    job: JudgeJob,
    version: SignalVersion,
    ahead: int,
    default: JudgeEndpoint | None,
    is_stopped: bool,
) -> Waits:
    judge = judge_in_use.chosen(version, default)
    return Waits(
        version=version.number,
        queued_at=job.created_at,
        available_at=job.available_at,
        is_held=job.available_at >= HELD_UNTIL,
        is_leased=job.lease_until is not None,
        attempts=job.attempts,
        last_error=job.last_error,
        ahead=ahead,
        ahead_most=MOST_AHEAD,
        judge_rests_until=endpoints.resting(judge.endpoint).get(judge.model),
        worker_is_stopped=is_stopped,
    )


def _ahead(project_id: int, jobs: Iterable[JudgeJob]) -> dict[int, int]:
    """Count the targets of the same team that come before each job, at most MOST_AHEAD."""
    with connection.cursor() as cursor:
        cursor.execute(AHEAD, [MOST_AHEAD, project_id, [job.id for job in jobs]])
        return dict(cursor.fetchall())
