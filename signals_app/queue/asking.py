"""From claimed jobs to questions: what is asked, about which text, and what needs no asking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from signals_app.judging import judge_in_use, prompt
from signals_app.judging.endpoint import Chosen
from signals_app.judging.questions import Ask, Target
from signals_app.models import JudgeEndpoint, Run, Scope, Signal, SignalVersion, Source, Trial
from signals_app.queue.jobs import Job

NO_CONTENT = {
    Scope.SPAN: "The model call holds no text to judge. Does the sender record messages?",
    Scope.TRACE: "The trace holds no text to judge. Does the sender record messages?",
    Scope.SESSION: "The session holds no text to judge. Does the sender record messages?",
}


class Fate(Enum):
    JUDGE = "judge"
    DROP = "drop"  # nobody wants it any more
    HOLD = "hold"  # its judge stopped the signal, or the project is deleted: wait for the end


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of the signals, versions and runs of a batch of jobs."""

    versions: dict[int, SignalVersion]
    running: set[int]  # ids of runs that go on
    trials: dict[int, Trial] = field(default_factory=dict)  # those that go on
    defaults: dict[int, JudgeEndpoint] = field(default_factory=dict)  # judges, by project


def fate(job: Job, wanted: Wanted) -> Fate:
    if job.trial_id is not None:
        trial = wanted.trials.get(job.trial_id)
        if trial is None:
            return Fate.DROP
        return Fate.JUDGE if trial.project.deleted_at is None else Fate.HOLD
    version = wanted.versions.get(job.version_id)
    if version is None or version.signal.state == Signal.State.ARCHIVED:
        return Fate.DROP
    if job.run_id is not None and job.run_id not in wanted.running:
        return Fate.DROP
    signal = version.signal
    if signal.project.deleted_at is not None:
        return Fate.HOLD
    if signal.state == Signal.State.PAUSED and signal.paused_reason:
        return Fate.HOLD
    if job.source == Source.LIVE and signal.state != Signal.State.ACTIVE:
        return Fate.DROP
    return Fate.JUDGE


def wanted_by(jobs: Iterable[Job]) -> Wanted:
    batch = list(jobs)
    versions = SignalVersion.objects.select_related("signal__project", "endpoint").in_bulk(
        {job.version_id for job in batch}
    )
    run_ids = {job.run_id for job in batch if job.run_id is not None}
    running: set[int] = set()
    if run_ids:
        rows = Run.objects.filter(pk__in=run_ids, state=Run.State.RUNNING)
        running = set(rows.values_list("pk", flat=True))
    defaults = judge_in_use.defaults_of(job.project_id for job in batch)
    trial_ids = {job.trial_id for job in batch if job.trial_id is not None}
    if not trial_ids:
        return Wanted(versions, running, {}, defaults)
    tried = Trial.objects.filter(pk__in=trial_ids, state=Trial.State.RUNNING)
    trials = {trial.pk: trial for trial in tried.select_related("endpoint", "project")}
    return Wanted(versions, running, trials, defaults)


def question(version: SignalVersion | Trial) -> prompt.Question:
    return prompt.Question(
        version.prompt,
        tuple((label["name"], label.get("meaning", "")) for label in version.labels),
    )


def ask_of(job: Job, target: Target, wanted: Wanted) -> Ask:
    """Return the question of the job's version, or of its trial."""
    asks: SignalVersion | Trial
    if job.trial_id is None:
        asks = wanted.versions[job.version_id]
        template = asks.signal.template
    else:
        asks = wanted.trials[job.trial_id]
        template = asks.template
    chosen = judge_of(job, wanted)
    return Ask(
        target=target,
        question=question(asks),
        model=chosen.model,
        template=template,
        endpoint=chosen.endpoint,
        trouble=chosen.trouble,
    )


def judge_of(job: Job, wanted: Wanted) -> Chosen:
    """Return the judge that a job is for."""
    default = wanted.defaults.get(job.project_id)
    if job.trial_id is None:
        return judge_in_use.chosen(wanted.versions[job.version_id], default)
    return judge_in_use.chosen(wanted.trials[job.trial_id], default)
