"""One target judged again, when a person asks for it.

What got no label is taken back and queued as it was. A label stands until the next one does:
the target gets a new revision. What only waits for its time goes at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from core.ids import span_id_hex
from signals_app.definition import auditing
from signals_app.labels.taking_back import TakenBack, take_back
from signals_app.models import Classification, Run, Scope, Signal
from signals_app.queue import insertion
from signals_app.queue.insertion import NewJob
from signals_app.queue.jobs import LIVE_PRIORITY
from signals_app.queue.queueing import MOST_REVISIONS
from teams import audit
from traces.models import Session, Trace

#: A retry that is not due yet, or a target that has settled so often that it waits longer.
HURRY = """
UPDATE judge_job SET available_at = %(now)s
WHERE project_id = %(project)s AND version_id = %(version)s AND target = %(target)s
    AND span_id = %(span)s AND available_at > %(now)s
RETURNING id
"""

WAITS = """
SELECT 1 FROM judge_job
WHERE project_id = %(project)s AND version_id = %(version)s AND target = %(target)s
    AND span_id = %(span)s
"""

#: Whatever it is that kept it from a label.
WITHOUT_LABEL = """
project_id = %(project)s AND signal_id = %(signal)s AND version_id = %(version)s
    AND target = %(target)s AND span_id = %(span)s AND is_current AND outcome <> 'labelled'
"""


class CannotJudge(Exception):
    """The message says why."""


@transaction.atomic
def judge_again(signal: Signal, target: UUID, span_id: int, now: datetime) -> None:
    """Queue a target again that the live version has judged. Raises CannotJudge."""
    locked = Signal.objects.select_for_update().get(pk=signal.pk)
    if locked.state != Signal.State.ACTIVE:
        raise CannotJudge(f"The signal is {locked.state}: only an active one judges again.")
    values = {
        "project": signal.project_id,
        "signal": signal.pk,
        "version": locked.live_version_id,
        "target": target,
        "span": span_id,
        "now": now,
    }
    what = {"target": target.hex, "span": span_id_hex(span_id) if span_id else ""}
    audit.record("signal.target_judged_again", **auditing.about(locked), after=what)
    if _fetch(HURRY, values) or _fetch(WAITS, values):
        return
    taken = take_back(WITHOUT_LABEL, values)
    jobs = [_of_taken(locked, each, now) for each in taken]
    insertion.insert(jobs or [_of_label(locked, target, span_id, now)], now)


def _of_taken(signal: Signal, taken: TakenBack, now: datetime) -> NewJob:
    """Return the job that judges anew what got no label."""
    return NewJob.again(
        taken,
        team_id=signal.project.team_id,
        run_id=_running(taken.run_id),
        priority=LIVE_PRIORITY,
        available_at=now,
    )


def _running(run_id: int | None) -> int | None:
    """Return the run if it goes on: what came from it stays of it, so that it counts at its
    target's time. A run that has ended takes nothing back."""
    if run_id is None:
        return None
    runs = Run.objects.select_for_update().filter(pk=run_id, state=Run.State.RUNNING)
    return run_id if runs.exists() else None


def _of_label(signal: Signal, target: UUID, span_id: int, now: datetime) -> NewJob:
    """Return the job that judges anew what has a label. Raises CannotJudge."""
    rows = Classification.objects.filter(
        project_id=signal.project_id, target=target, span_id=span_id, is_current=True
    )
    judged = rows.filter(version_id=signal.live_version_id or 0).first()
    if judged is None:
        raise CannotJudge("The live version has not judged it, so it cannot judge it again.")
    revision = judged.revision + 1
    if judged.scope != Scope.SPAN:
        revision = _next_revision(signal.project_id, judged.scope, target, revision)
    if revision > MOST_REVISIONS:
        raise CannotJudge("It has been judged too often to be judged again.")
    return NewJob(
        project_id=signal.project_id,
        team_id=signal.project.team_id,
        signal_id=signal.pk,
        version_id=judged.version_id,
        agent_id=judged.agent_id,
        scope=judged.scope,
        target=target,
        span_id=span_id,
        revision=revision,
        target_time=judged.target_time,
        sample_rate=judged.sample_rate,
        source=judged.source,
        run_id=_running(judged.run_id),
        priority=LIVE_PRIORITY,
        available_at=now,
    )


def _next_revision(project_id: int, scope: str, target: UUID, least: int) -> int:
    """Taken for good, so that what settles next has a number of its own."""
    rows = (
        Session.objects.filter(project_id=project_id, key=target)
        if scope == Scope.SESSION
        else Trace.objects.filter(project_id=project_id, trace_id=target)
    )
    held = rows.select_for_update().first()
    if held is None:
        return least
    revision = max(least, int(held.revision) + 1)
    rows.update(revision=revision)
    return revision


def _fetch(statement: str, values: dict[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row
