"""What the judge said about the targets of a trial: kept with the trial, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction

from signals_app.judging.questions import Ruling
from signals_app.models import JudgeJob, Outcome, Trial, TrialResult
from signals_app.queue.jobs import Job
from teams import audit


def keep(answered: Sequence[tuple[Job, Ruling]], now: datetime) -> None:
    """Keep answers with their trial, in the transaction that takes the jobs. What comes after a
    cancel is not shown any more.

    The trial's row is locked, so that of two pumps with the last answers the later one sees
    that nothing is left.
    """
    ids = {job.trial_id for job, _ in answered if job.trial_id is not None}
    if not ids:
        return
    rows = Trial.objects.select_for_update().filter(pk__in=ids, state=Trial.State.RUNNING)
    trials = {trial.pk: trial for trial in rows.order_by("pk")}
    for job, ruling in answered:
        if job.trial_id is not None and job.trial_id in trials:
            _waiting(job.trial_id).filter(target=job.target, span_id=job.span_id).update(
                **_values(ruling)
            )
    for trial in trials.values():
        if not _waiting(trial.pk).exists():
            _end(trial, Trial.State.DONE, now)


@transaction.atomic
def stop(trial_id: int, words: str, now: datetime) -> None:
    """End a trial whose every further target the judge would refuse, and say why."""
    trials = Trial.objects.select_for_update().filter(pk=trial_id, state=Trial.State.RUNNING)
    for trial in trials:
        drop_waiting(trial)
        _waiting(trial.pk).update(outcome=Outcome.FAILED, reason=words)
        trial.stopped_reason = words
        _end(trial, Trial.State.STOPPED, now)


@transaction.atomic
def cancel(trial: Trial, now: datetime) -> None:
    """Ask nothing more; what was answered stays. Twice equals once."""
    trials = Trial.objects.select_for_update().filter(pk=trial.pk, state=Trial.State.RUNNING)
    for running in trials:
        drop_waiting(running)
        _end(running, Trial.State.CANCELLED, now)
        audit.record("trial.cancelled", **about(running))


def about(trial: Trial) -> dict[str, Any]:
    """Return which trial an entry of the audit log is about, for `teams.audit.record`."""
    name = trial.signal.name if trial.signal else "a question that is not saved"
    return {
        "kind": "trial",
        "thing": f"Trial of {name}",
        "thing_id": trial.uuid,
        "project": trial.project_id,
    }


def drop_waiting(trial: Trial) -> None:
    """Drop the trial's jobs that no pump holds; a pump drops those that it holds before it asks."""
    waiting = JudgeJob.objects.filter(project_id=trial.project_id, version_id=-trial.pk)
    waiting.filter(lease_until=None).order_by().delete()


def _waiting(trial_id: int) -> models.QuerySet[TrialResult]:
    return TrialResult.objects.filter(trial_id=trial_id, outcome="")


def _end(trial: Trial, state: Trial.State, now: datetime) -> None:
    trial.state, trial.finished_at = state, now
    trial.save(update_fields=["state", "finished_at", "stopped_reason"])


def _values(ruling: Ruling) -> dict[str, object]:
    return {
        "outcome": str(ruling.outcome),
        "label": ruling.label,
        "explanation": ruling.explanation,
        "reason": ruling.reason,
        "reason_code": ruling.reason_code,
        "judge_name": ruling.judge_name,
        "judge_model": ruling.model,
        "input_tokens": ruling.usage.input_tokens,
        "output_tokens": ruling.usage.output_tokens,
        "cost_usd": ruling.cost_usd,
        "cut_chars": ruling.cut_chars,
    }
