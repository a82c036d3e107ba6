"""A judged target: its job goes and its classification stands, both or neither.

The delete is fenced by the lease's token: who lost the lease deletes nothing and so writes
nothing. Newer revisions of a target push out older ones, and the counts follow.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, OperationalError, connection, transaction

from core import log_lines
from signals_app.judging.questions import Ruling
from signals_app.labels import count_changes
from signals_app.labels.count_changes import Counted
from signals_app.models import Outcome, Source, Trial
from signals_app.queue import counted, jobs
from signals_app.queue.jobs import Job
from signals_app.spending import ledger
from signals_app.spending.ledger import Answer
from signals_app.trials import answers as trial_answers

log = logging.getLogger(__name__)

SUPERSEDE = """
UPDATE classification c SET is_current = false
FROM unnest(%s::bigint[], %s::bigint[], %s::uuid[], %s::bigint[], %s::int[])
    AS new(project_id, version_id, target, span_id, revision)
WHERE c.project_id = new.project_id AND c.version_id = new.version_id AND c.target = new.target
    AND c.span_id = new.span_id AND c.is_current AND c.revision < new.revision
RETURNING c.project_id, c.signal_id, c.version_id, c.source, c.outcome,
    coalesce(c.label, c.reason_code), c.counted_at, c.sample_rate
"""

#: A revision that was overtaken while it was judged is kept, but is not the current one.
INSERT = """
INSERT INTO classification (project_id, signal_id, version_id, agent_id, scope, target, span_id,
    revision, target_time, source, run_id, outcome, label, explanation, reason, sample_rate,
    judge_model, input_tokens, output_tokens, cached_tokens, cost_usd, cut_chars, latency_ms,
    attempts, created_at, counted_at, reason_code, endpoint_id, judge_name, is_current)
SELECT new.project_id, new.signal_id, new.version_id, new.agent_id, new.scope, new.target,
    new.span_id, new.revision, new.target_time, new.source, new.run_id, new.outcome, new.label,
    new.explanation, new.reason, new.sample_rate, new.judge_model, new.input_tokens,
    new.output_tokens, new.cached_tokens, new.cost_usd, new.cut_chars, new.latency_ms,
    new.attempts, new.created_at, new.counted_at, new.reason_code, new.endpoint_id,
    new.judge_name, new.is_newest AND NOT EXISTS (
    SELECT 1 FROM classification c
    WHERE c.project_id = new.project_id AND c.version_id = new.version_id
        AND c.target = new.target AND c.span_id = new.span_id AND c.revision > new.revision)
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::uuid[],
    %s::bigint[], %s::smallint[], %s::timestamptz[], %s::text[], %s::bigint[], %s::text[],
    %s::text[], %s::text[], %s::text[], %s::float8[], %s::text[], %s::int[], %s::int[], %s::int[],
    %s::float8[], %s::int[], %s::int[], %s::smallint[], %s::timestamptz[], %s::timestamptz[],
    %s::text[], %s::bigint[], %s::text[], %s::boolean[])
    AS new(project_id, signal_id, version_id, agent_id, scope, target, span_id, revision,
    target_time, source, run_id, outcome, label, explanation, reason, sample_rate, judge_model,
    input_tokens, output_tokens, cached_tokens, cost_usd, cut_chars, latency_ms, attempts,
    created_at, counted_at, reason_code, endpoint_id, judge_name, is_newest)
ON CONFLICT (project_id, version_id, target, span_id, revision) DO NOTHING
RETURNING project_id, signal_id, version_id, source, outcome, coalesce(label, reason_code),
    counted_at, sample_rate, is_current
"""

_TRIES = 4


@dataclass(frozen=True, slots=True)
class Done:
    job: Job
    ruling: Ruling


def complete(done: Sequence[Done], now: datetime) -> int:
    """Write what came of these jobs; returns how many classifications were inserted.

    Two pumps that complete two revisions of one target at the same moment meet in the unique
    index; the one that lost tries again and then sees the other.
    """
    for attempt in range(_TRIES):
        try:
            with transaction.atomic():
                return _complete(done, now)
        except (IntegrityError, OperationalError):
            if attempt == _TRIES - 1 or connection.in_atomic_block:
                raise
    raise AssertionError("not reached")


def _complete(done: Sequence[Done], now: datetime) -> int:
    ours = jobs.delete(each.job for each in done)
    tried, judged = _parted(each for each in done if each.job.id in ours)
    trial_answers.keep([(each.job, each.ruling) for each in tried], now)
    kept = sorted(judged, key=_place)
    if not kept:
        ledger.add(_taken(tried, []), now)
        transaction.on_commit(lambda: counted.note(each.ruling for each in tried))
        return 0
    change = count_changes.changes(_supersede(kept), -1)
    inserted = _insert(kept, now)
    change.update(count_changes.changes((one for one, is_current in inserted if is_current), 1))
    count_changes.apply(change)
    ledger.add(_taken(tried, kept), now)
    transaction.on_commit(lambda: counted.note(each.ruling for each in (*tried, *kept)))
    for each in kept:
        if each.ruling.outcome == Outcome.FAILED:
            _note_given_up(each)
    return len(inserted)


def _taken(tried: Sequence[Done], judged: Sequence[Done]) -> list[Answer]:
    """Return what these answers took. Trials have the signal that they are about, if any."""
    ids = [each.job.trial_id for each in tried if each.job.trial_id is not None]
    of_trials = dict(Trial.objects.filter(pk__in=ids).values_list("pk", "signal_id")) if ids else {}
    return [
        *(
            _answer(each, of_trials.get(each.job.trial_id or 0) or 0, ledger.TRIAL)
            for each in tried
        ),
        *(_answer(each, each.job.signal_id, each.job.source) for each in judged),
    ]


def _answer(done: Done, signal_id: int, source: str) -> Answer:
    ruling = done.ruling
    return Answer(
        project_id=done.job.project_id,
        signal_id=signal_id,
        source=source,
        outcome=str(ruling.outcome),
        reason_code=ruling.reason_code,
        input_tokens=ruling.usage.input_tokens,
        cached_tokens=ruling.usage.cached_tokens,
        output_tokens=ruling.usage.output_tokens,
        cost_usd=ruling.cost_usd,
    )


def _note_given_up(done: Done) -> None:
    job = done.job
    ids: dict[str, object] = {
        "project": job.project_id,
        "signal": job.signal_id,
        "version": job.version_id,
    }
    ids |= {"run": job.run_id, job.scope: job.target.hex, "attempts": job.attempts}
    reason = done.ruling.reason
    log_lines.note(log, logging.WARNING, "target given up", **ids, reason=reason)


def _parted(done: Iterable[Done]) -> tuple[list[Done], list[Done]]:
    """Part what was only tried, which is no label and counts nowhere, from what was judged."""
    tried: list[Done] = []
    judged: list[Done] = []
    for each in done:
        (judged if each.job.trial_id is None else tried).append(each)
    return tried, judged


def _place(done: Done) -> tuple[int, int, bytes, int, int]:
    job = done.job
    return job.project_id, job.version_id, job.target.bytes, job.span_id, job.revision


def _supersede(kept: list[Done]) -> list[Counted]:
    rows = [
        (
            each.job.project_id,
            each.job.version_id,
            each.job.target,
            each.job.span_id,
            each.job.revision,
        )
        for each in kept
        if each.job.revision > 1
    ]
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(SUPERSEDE, [list(column) for column in zip(*rows, strict=True)])
        return [Counted(*row) for row in cursor.fetchall()]


def _insert(kept: list[Done], now: datetime) -> list[tuple[Counted, bool]]:
    newest = {_place(each)[:-1]: each.job.revision for each in kept}  # sorted: the last one wins
    rows = [
        (*_row(each.job, each.ruling, now), newest[_place(each)[:-1]] == each.job.revision)
        for each in kept
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])
        return [(Counted(*row[:-1]), row[-1]) for row in cursor.fetchall()]


def _row(job: Job, ruling: Ruling, now: datetime) -> tuple[object, ...]:
    return (
        job.project_id,
        job.signal_id,
        job.version_id,
        job.agent_id,
        job.scope,
        job.target,
        job.span_id,
        job.revision,
        job.target_time,
        job.source,
        job.run_id,
        str(ruling.outcome),
        ruling.label,
        ruling.explanation,
        ruling.reason,
        job.sample_rate,
        ruling.model,
        ruling.usage.input_tokens,
        ruling.usage.output_tokens,
        ruling.usage.cached_tokens,
        ruling.cost_usd,
        ruling.cut_chars,
        ruling.latency_ms,
        job.attempts,
        now,
        now if job.source == Source.LIVE else job.target_time,
        ruling.reason_code,
        ruling.endpoint_id,
        ruling.judge_name,
    )
