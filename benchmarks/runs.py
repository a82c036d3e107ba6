"""What a run over a large past costs: each bite of its feed, its preview, its progress.

    python -m benchmarks.runs [--targets 100000] [--scope trace] [--rate 1.0]

Starts a database of its own (fsync on), puts settled targets into it with COPY, and feeds a run
to the end; between the ticks what waits is labelled, as pumps would do it. A second run over the
same window then finds all of it labelled. Memory is that of the process that feeds.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks import own_database

DAYS = 30
NEVER_TWICE = "SELECT count(*), count(DISTINCT (target, span_id)) FROM classification"


def main() -> None:
    args = arguments()
    values = f"{args.targets}, {args.scope!r}, {args.rate}"
    own_database.run(f"from benchmarks.runs import measure; measure({values})")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--targets", type=int, default=100_000)
    parser.add_argument("--scope", choices=["trace", "session", "span"], default="trace")
    parser.add_argument("--rate", type=float, default=1.0)
    return parser.parse_args()


def measure(targets: int, scope: str, rate: float) -> None:
    """Measure in this process, which has the settings of the benchmark."""
    from signals_app.models import Run
    from signals_app.runs import preview as run_preview
    from signals_app.runs import progress as run_progress
    from signals_app.runs import runs
    from tests.signals_app import conversations

    project = conversations.project("bench")
    signal = conversations.signal(project, scope=scope)
    seeding_s = timed(lambda: seed(project.pk, signal.agent_id, targets, scope))[0]
    say("seeded with COPY", f"{targets:,} {scope}s in {seeding_s:.1f} s")
    now = datetime.now(UTC)
    window = now - timedelta(days=DAYS + 1), now
    version = signal.live_version
    assert version is not None
    before_kb = peak_kb()
    took_s, found = timed(lambda: run_preview.count(signal, version, *window, rate))
    say("preview", f"{took_s * 1000:.0f} ms, to judge {found.to_judge:,}")
    run = runs.start(signal, *window, rate, None, now)
    bites = feed(run)
    run.refresh_from_db()
    say("bites", f"{len(bites)} of at most {runs.BITE:,} targets, {sum(bites):.1f} s in all")
    late = bites[len(bites) * 3 // 4 :]
    say("a bite", f"p50 {statistics.median(bites) * 1000:.0f} ms, longest {max(bites) * 1000:.0f}"
        f" ms; of the last quarter p50 {statistics.median(late) * 1000:.0f} ms")  # fmt: skip
    say("memory", f"{(peak_kb() - before_kb) / 1024:.1f} MB more than before the preview")
    took_s, shown = timed(lambda: run_progress.of_runs([run], datetime.now(UTC)))
    say("progress", f"{took_s * 1000:.0f} ms for {shown[0].judged:,} judged")
    again = runs.start(signal, *window, rate, None, now)
    bites = feed(again)
    again.refresh_from_db()
    say("the same again", f"queued {again.queued}, longest bite {max(bites) * 1000:.0f} ms")
    judged, different = scalar(NEVER_TWICE)
    ended = Run.objects.filter(state=Run.State.DONE).count()
    say("proof", f"{judged:,} judged, {different:,} different, {run.queued:,} queued, {ended} done")
    if judged != different or judged != run.queued or again.queued or ended != 2:
        sys.exit("a target was judged twice or not at all")


def feed(run: Any) -> list[float]:
    """Seconds of every tick; between them the queue is emptied, as pumps would do it."""
    from django.utils import timezone

    from signals_app.models import Run
    from signals_app.runs import runs

    took: list[float] = []
    while Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).exists():
        took.append(timed(lambda: runs.feed(timezone.now()))[0])
        judge_what_waits()
    return took


def judge_what_waits() -> None:
    """Judge all targets in SQL, since judging is not what is measured."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("""
            WITH gone AS (DELETE FROM judge_job RETURNING *)
            INSERT INTO classification (project_id, signal_id, version_id, agent_id, scope, target,
                span_id, revision, is_current, target_time, source, run_id, outcome, label,
                explanation, reason, sample_rate, judge_model, cut_chars, attempts, created_at,
                counted_at)
            SELECT project_id, signal_id, version_id, agent_id, scope, target, span_id, revision,
                true, target_time, source, run_id, 'labelled', 'true', 'It says so.', '',
                sample_rate, 'bench', 0, 1, now(), target_time FROM gone""")


def seed(project_id: int, agent_id: int, targets: int, scope: str) -> None:
    """Evenly over the days before now, each settled once."""
    from django.db import connection, transaction

    from traces.store import partitions

    now = datetime.now(UTC).replace(microsecond=0)
    rows = ((os.urandom(16).hex(), now - timedelta(days=DAYS) * (n + 1) / targets)
            for n in range(targets))  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        partitions.ensure(cursor, now - timedelta(days=DAYS), now)
        cursor.execute("CREATE TEMP TABLE seed (id uuid, at timestamptz)")
        with cursor.copy("COPY seed FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        for statement in SEEDS[scope]:
            cursor.execute(statement, {"project": project_id, "agent": agent_id})
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


TRACES = """
INSERT INTO trace (project_id, trace_id, start_time, end_time, first_received_at,
    last_received_at, settled_at, revision, root_ended, name, name_rank, is_error, error_count,
    span_count, llm_count, tool_count, agent_id, tags, metadata, input_preview)
SELECT %(project)s, id, at, at, at, at, at, 1, true, 'chat', 0, false, 0, 1, 1, 0, %(agent)s,
    '{}', '{}', repeat('Where is my order? ', 10) FROM seed"""

SEEDS = {
    "trace": [
        TRACES,
        """
        INSERT INTO agent_trace (project_id, agent_id, trace_id, start_time, llm_count)
        SELECT %(project)s, %(agent)s, id, at, 1 FROM seed""",
    ],
    "session": ["""
        INSERT INTO session (project_id, key, agent_id, session_id, start_time, end_time,
            last_received_at, settled_at, revision)
        SELECT %(project)s, id, %(agent)s, id::text, at, at, at, at, 1 FROM seed"""],
    "span": [
        TRACES,
        """
        INSERT INTO span (project_id, trace_id, span_id, start_time, received_at, name, kind,
            is_error, agent_id, attributes, payload)
        SELECT %(project)s, id, 7, at, at, 'chat', 'llm', false, %(agent)s, '{}',
            decode(repeat('00', 1500), 'hex') FROM seed""",
    ],
}  # fmt: skip


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def scalar(statement: str) -> tuple[int, ...]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return tuple(cursor.fetchone())


def peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def say(what: str, words: str) -> None:
    print(f"{what:>18}: {words}", flush=True)


if __name__ == "__main__":
    main()
