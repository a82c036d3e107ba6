"""Manual runs: a version applied to a window of the past, queued in bites from a cursor.

What was classified under the same version, live or by another run, is passed over. Nothing
is held in memory but the cursor, so a run over a year of traffic costs no more than a day's,
and one that was interrupted goes on where its last transaction ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, QuerySet

from core.time_range.windows import LONGEST
from signals_app.definition.versions import current_version
from signals_app.models import Budget, JudgeJob, Run, Signal, SignalVersion, Source
from signals_app.queue import insertion
from signals_app.queue.jobs import RUN_PRIORITY
from signals_app.runs import cost as run_cost
from signals_app.runs import preview as run_preview
from signals_app.runs import targets as run_targets
from signals_app.runs.cost import Estimate
from signals_app.runs.preview import Found
from signals_app.spending import fits
from teams import audit
from teams.models import User

#: Targets looked at in one bite.
BITE = 2000
#: More waiting jobs of one run than this help nobody: the next bite waits.
ENOUGH_WAITING = 10_000

#: Jobs are claimed by the moment from which they may be: by their place in the page, which is the
#: same for all runs over one window, runs of several signals go target by target. The questions
#: about one target are then asked one after the other, and share the judge's cache.
_BITE_SQL = """
WITH page AS MATERIALIZED ({page}),
placed AS (SELECT page.*, row_number() OVER (ORDER BY at, target, span_id) AS place FROM page),
wanted AS MATERIALIZED (
    SELECT * FROM placed AS page
    WHERE revision IS NOT NULL AND {is_sampled} AND NOT EXISTS (
        SELECT 1 FROM classification c
        WHERE c.project_id = %(project)s AND c.version_id = %(version)s
            AND c.target = page.target AND c.span_id = page.span_id)
),
queued AS (
    {insert}
    RETURNING id
)
SELECT (SELECT count(*) FROM page), (SELECT count(revision) FROM page),
    (SELECT array_agg(id) FROM queued),
    last.at, last.target, last.span_id
FROM (SELECT 1) one
LEFT JOIN LATERAL (
    SELECT * FROM page ORDER BY at DESC, target DESC, span_id DESC LIMIT 1) last ON true
"""

_INSERT = insertion.statement(
    "FROM wanted ORDER BY at, target, span_id",
    project_id="%(project)s",
    team_id="%(team)s",
    signal_id="%(signal)s",
    version_id="%(version)s",
    agent_id="%(agent)s",
    scope="%(scope)s",
    revision="least(revision, 32000)",
    target_time="at",
    sample_rate="%(rate)s",
    source="%(source)s",
    run_id="%(run)s",
    priority="%(priority)s",
    available_at="%(now)s - (%(bite)s - place) * interval '1 microsecond'",
)

#: A bite that met a job just when its classification was written has waited for that, and has
#: put the target in again; this statement sees the classification, which the bite did not.
_JUDGED_MEANWHILE = """
DELETE FROM judge_job j USING unnest(%s::bigint[]) AS new(id)
WHERE j.project_id = %s AND j.id = new.id AND EXISTS (
    SELECT 1 FROM classification c
    WHERE c.project_id = j.project_id AND c.version_id = j.version_id
        AND c.target = j.target AND c.span_id = j.span_id)
"""


class CannotRun(Exception):
    """The message says why."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run over [start, end) would find at that rate, and what judging it may cost."""

    start: datetime
    end: datetime
    rate: float
    found: Found
    estimate: Estimate
    over_budget: str = ""  # why it would burst the budget of the month, in words


def errors_of_window(start: datetime, end: datetime, now: datetime) -> dict[str, list[str]]:
    """Say by field (start, end) why a run cannot be over this stretch of time."""
    if start >= now:
        return {"start": ["This lies in the future; a run is over past traffic."]}
    if start >= end:
        return {"end": ["The end must come after the beginning."]}
    if end - start > LONGEST:
        return {"start": [f"A run is over at most {LONGEST.days} days."]}
    return {}


def preview(
    signal: Signal, start: datetime, end: datetime, rate: float | None, now: datetime
) -> Preview:
    """Say what `start` would find, and what it may cost. Raises ValidationError as it does."""
    version = current_version(signal)
    ends, chosen = _checked(version, start, end, rate, now)
    found = run_preview.count(signal, version, start, ends, chosen)
    estimate = run_cost.estimate(signal, found.to_judge, now)
    return Preview(start, ends, chosen, found, estimate, _over_budget(signal, found, estimate, now))


@transaction.atomic
def start(
    signal: Signal,
    start: datetime,
    end: datetime,
    rate: float | None,
    user: User | None,
    now: datetime,
    may_exceed: bool = False,
) -> Run:
    """Start a run of the live version over targets whose time lies in [start, end).

    rate: above 0 and at most 1; None takes the version's. may_exceed: also where it would burst the
    budget of the month, as an owner or an admin may allow. Raises CannotRun with a sentence, and
    ValidationError with messages by field: start, end, rate.
    """
    version = signal.live_version
    if version is None or signal.state == Signal.State.ARCHIVED:
        raise CannotRun("Only a signal with a prompt that is not archived can be run.")
    if signal.state == Signal.State.PAUSED and signal.paused_reason:
        raise CannotRun("The judge has stopped this signal. Mend that and resume it, then run it.")
    ends, chosen = _checked(version, start, end, rate, now)
    found = run_preview.count(signal, version, start, ends, chosen)
    if not may_exceed and Budget.objects.filter(project=signal.project_id).exists():
        estimate = run_cost.estimate(signal, found.to_judge, now)
        if why := _over_budget(signal, found, estimate, now):
            raise CannotRun(why)
    run = Run.objects.create(
        project_id=signal.project_id,
        signal=signal,
        version=version,
        start=start,
        end=ends,
        sample_rate=chosen,
        expected=found.to_judge,
        created_by=user,
    )
    figures = {"start": start, "end": ends, "sample_rate": chosen, "expected": run.expected}
    audit.record("run.started", **about(run), after={"version": version.number} | figures)
    return run


def _over_budget(signal: Signal, found: Found, estimate: Estimate, now: datetime) -> str:
    return fits.why_not(signal.project, found.to_judge, estimate.cost_usd, now)


def about(run: Run) -> dict[str, Any]:
    """Return which run an entry of the audit log is about, for `teams.audit.record`."""
    return {
        "kind": "run",
        "thing": f"Run of {run.signal.name}",
        "thing_id": run.uuid,
        "project": run.project_id,
    }


def cancel(run: Run, now: datetime) -> int:
    """Stop it; what is judged stays. Returns how many waiting targets were dropped. Raises
    CannotRun where it has ended.

    Other runs have passed over what waited for this one, so they look at their windows again.
    Runs are locked before their jobs, as a bite does it.
    """
    with transaction.atomic():
        same = Run.objects.filter(version_id=run.version_id, state=Run.State.RUNNING)
        locked = set(same.select_for_update().order_by("pk").values_list("pk", flat=True))
        if run.pk not in locked:
            run.refresh_from_db()
            raise CannotRun(f"This run is {run.get_state_display().lower()} already.")
        same.filter(pk=run.pk).update(state=Run.State.CANCELLED, finished_at=now)
        others = same.filter(start__lt=run.end, end__gt=run.start)
        others.update(cursor="", queued_all=False, matched=0)
        dropped = int(_jobs(run).filter(lease_until=None).delete()[0])
        audit.record("run.cancelled", **about(run), after={"dropped": dropped})
    run.refresh_from_db()
    return dropped


def _checked(
    version: SignalVersion, start: datetime, end: datetime, rate: float | None, now: datetime
) -> tuple[datetime, float]:
    """Return the end without what lies in the future, and the rate. Raises ValidationError."""
    chosen = version.sample_rate if rate is None else rate
    errors = errors_of_window(start, end, now)
    if not 0 < chosen <= 1:
        errors["rate"] = ["Choose a rate above 0 % and at most 100 %."]
    if errors:
        raise ValidationError(errors)
    return min(end, now), chosen


def feed(now: datetime) -> int:
    """Queue one bite of every run that is under way, and return how many targets were looked at."""
    looked = 0
    for pk in Run.objects.filter(state=Run.State.RUNNING).values_list("pk", flat=True):
        with transaction.atomic():
            run = _claim(pk)
            if run is None:
                continue
            looked += _bite(run, now) if not run.queued_all else _end(run, now)
    return looked


def _claim(pk: int) -> Run | None:
    rows = Run.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.select_related("version", "signal__agent", "project")
    return rows.filter(pk=pk, state=Run.State.RUNNING).first()


def _end(run: Run, now: datetime) -> int:
    """End a run when nothing of it waits any more, nor what it left to another run: that one may
    yet be cancelled, and then this one looks again."""
    in_window = _waiting(run).filter(
        version_id=run.version_id, target_time__gte=run.start, target_time__lt=run.end
    )
    if not in_window.filter(run_id__isnull=False).exists():
        run.state, run.finished_at = Run.State.DONE, now
        run.save(update_fields=["state", "finished_at"])
    return 0


def _bite(run: Run, now: datetime) -> int:
    if _jobs(run)[ENOUGH_WAITING : ENOUGH_WAITING + 1].exists():
        return 0
    scope = run.signal.scope
    page, is_sampled = run_targets.page_sql(scope), run_targets.sampled_sql(scope)
    with connection.cursor() as cursor:
        cursor.execute(
            _BITE_SQL.format(page=page, is_sampled=is_sampled, insert=_INSERT), _values(run, now)
        )
        looked, settled, queued, at, target, span_id = cursor.fetchone()
        cursor.execute(_JUDGED_MEANWHILE, [queued or [], run.project_id])
        kept = len(queued or []) - cursor.rowcount
    run.matched = F("matched") + settled
    run.queued = F("queued") + kept
    run.queued_all = looked < BITE
    if looked:
        run.cursor = run_targets.cursor_at(at, target, span_id)
    run.save(update_fields=["matched", "queued", "queued_all", "cursor"])
    return int(looked)


def _values(run: Run, now: datetime) -> dict[str, Any]:
    signal = run.signal
    return run_targets.page_values(signal, run.start, run.end, run.cursor, BITE) | {
        "team": run.project.team_id,
        "signal": signal.pk,
        "version": run.version_id,
        "rate": run.sample_rate,
        "source": Source.RUN.value,
        "run": run.pk,
        "priority": RUN_PRIORITY,
        "now": now,
    }


def _jobs(run: Run) -> QuerySet[JudgeJob]:
    return _waiting(run).filter(run_id=run.pk)


def _waiting(run: Run) -> QuerySet[JudgeJob]:
    rows = JudgeJob.objects.filter(project_id=run.project_id, signal_id=run.signal_id)
    return rows.order_by()
