"""A question tried on recent targets before anybody commits to it.

The targets go through the same queue and pumps as live ones, so the judge's limits, rests and
retries hold for them too; what comes of them stays in the trial (trials/answers.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from signals_app.definition import scopes, versions
from signals_app.definition.diffs import Question
from signals_app.models import JudgeEndpoint, Scope, Signal, SignalVersion, Trial, TrialResult
from signals_app.queue import insertion
from signals_app.queue.jobs import TRIAL_PRIORITY
from signals_app.spending import fits
from signals_app.trials import answers as trial_answers
from teams import audit
from teams.models import Project, User
from traces.models import Agent
from traces.store import recent
from traces.store.recent import Target

MOST_TARGETS = 100
USUAL_TARGETS = 20
#: A trial takes every target that it is given.
EVERY_TARGET = 1.0
#: Of one project at a time: trials go before live work, and must not push it out.
MOST_RUNNING = 5
KEPT_FOR = timedelta(days=14)

NEWEST: dict[Scope, recent.Newest] = {
    Scope.SPAN: recent.model_calls,
    Scope.TRACE: recent.traces,
    Scope.SESSION: recent.sessions,
}
NOUNS = {Scope.SPAN: "model calls", Scope.TRACE: "traces", Scope.SESSION: "sessions"}

#: In line by position, a microsecond apart: of two trials begun at one moment, both questions
#: about a target come together and share its prompt.
QUEUE = insertion.statement(
    "FROM signals_app_trialresult WHERE trial_id = %(trial)s ORDER BY position",
    project_id="%(project)s",
    team_id="%(team)s",
    signal_id="0",
    version_id="%(version)s",
    agent_id="%(agent)s",
    scope="%(scope)s",
    sample_rate="1",
    source="'live'",
    run_id="NULL",
    priority=str(TRIAL_PRIORITY),
    available_at="%(now)s - (1000 - position) * interval '1 microsecond'",
)


class CannotTry(Exception):
    """The message says why."""


@dataclass(frozen=True)
class Asked:
    """What is tried, saved or not. signal, version: where it comes from, None if unsaved."""

    project: Project
    agent: Agent
    scope: str
    type: str
    prompt: str
    labels: Sequence[Mapping[str, Any]]
    judge_model: str = ""
    endpoint: JudgeEndpoint | None = None
    template: str = ""
    signal: Signal | None = None
    version: SignalVersion | None = None

    @property
    def question(self) -> Question:
        return Question(
            type=self.type,
            prompt=self.prompt,
            labels=self.labels,
            sample_rate=EVERY_TARGET,
            judge_model=self.judge_model,
            endpoint=self.endpoint,
        )


def of_version(signal: Signal, version: SignalVersion) -> Asked:
    return Asked(
        project=signal.project,
        agent=signal.agent,
        scope=signal.scope,
        type=version.type,
        prompt=version.prompt,
        labels=version.labels,
        judge_model=version.judge_model,
        endpoint=version.endpoint,
        template=signal.template,
        signal=signal,
        version=version,
    )


def of_trial(trial: Trial) -> Asked:
    return Asked(
        project=trial.project,
        agent=trial.agent,
        scope=trial.scope,
        type=trial.type,
        prompt=trial.prompt,
        labels=trial.labels,
        judge_model=trial.judge_model,
        endpoint=trial.endpoint,
        template=trial.template,
        signal=trial.signal,
        version=trial.version,
    )


def unsaved(
    project: Project, agent: Agent, scope: str, question: Question, template: str = ""
) -> Asked:
    """Return what is asked by a question that is saved nowhere.

    Raises ValidationError with messages by field: scope, where the agent has no such targets.
    """
    if reason := scopes.why_not(agent, scope):
        raise ValidationError({"scope": [reason]})
    return Asked(
        project=project,
        agent=agent,
        scope=scope,
        type=question.type,
        prompt=question.prompt,
        labels=question.labels,
        judge_model=question.judge_model,
        endpoint=question.endpoint,
        template=template,
    )


def otherwise(asked: Asked, question: Question) -> Asked:
    """Return what is asked with another question; a changed one is no saved version any more.

    Line ends and spaces around a prompt are no change.
    """
    typed = "\n".join(question.prompt.strip().splitlines())
    if typed == "\n".join(asked.prompt.strip().splitlines()):
        typed = asked.prompt
    wanted = replace(question, prompt=typed, sample_rate=EVERY_TARGET)
    if wanted == asked.question:
        return asked
    return replace(
        asked,
        type=wanted.type,
        prompt=wanted.prompt,
        labels=wanted.labels,
        judge_model=wanted.judge_model,
        endpoint=wanted.endpoint,
        version=None,
    )


def newest(asked: Asked, start: datetime, end: datetime, most: int) -> list[Target]:
    """Return the targets in [start, end) that it would be tried on."""
    newest_of_scope = NEWEST[Scope(asked.scope)]
    return newest_of_scope(asked.project.pk, asked.agent.pk, start, end, most)


def running(project: Project) -> int:
    return Trial.objects.filter(project=project, state=Trial.State.RUNNING).count()


@transaction.atomic
def start(
    asked: Asked, start: datetime, end: datetime, most: int, user: User | None, now: datetime
) -> Trial:
    """Try it on the newest `most` (1 to 100) targets in [start, end).

    Raises CannotTry, and ValidationError with messages by field as `versions.check` does.
    """
    if not 1 <= most <= MOST_TARGETS:
        raise CannotTry(f"Try it on 1 to {MOST_TARGETS} targets.")
    targets = newest(asked, start, end, most)
    if not targets:
        what = NOUNS[Scope(asked.scope)]
        raise CannotTry(f"{asked.agent.name} has no finished {what} in this range. Widen it.")
    trial = _new(asked, start, end, most, None, user, now)
    rows = [
        TrialResult(
            trial=trial,
            position=position,
            target=target.target,
            span_id=target.span_id,
            revision=min(target.revision, 32000),
            target_time=target.start_time,
        )
        for position, target in enumerate(targets)
    ]
    return _queue(trial, rows, now)


@transaction.atomic
def again(before: Trial, asked: Asked, user: User | None, now: datetime) -> Trial:
    """Try it on the very same targets; a person's marks go with them. Raises as `start` does."""
    if asked.agent.pk != before.agent_id or asked.scope != before.scope:
        raise CannotTry("Another agent or scope has other targets: start a new trial.")
    trial = _new(asked, before.start, before.end, before.asked_for, before, user, now)
    rows = [
        TrialResult(
            trial=trial,
            position=row.position,
            target=row.target,
            span_id=row.span_id,
            revision=row.revision,
            target_time=row.target_time,
            wanted=row.wanted if row.wanted in trial.label_names else "",
        )
        for row in before.results.all()
    ]
    return _queue(trial, rows, now)


def mark(trial: Trial, position: int, wanted: str) -> bool:
    """Take down what the label should have been; "" takes the mark back. Return whether there is
    such a row and such a label."""
    if wanted and wanted not in trial.label_names:
        return False
    return trial.results.filter(position=position).update(wanted=wanted) == 1


def prune(now: datetime) -> int:
    """Forget old trials, with what may still wait for them; returns how many."""
    old = list(Trial.objects.filter(created_at__lt=now - KEPT_FOR)[:1000])
    for trial in old:
        trial_answers.cancel(trial, now)
        trial.delete()
    return len(old)


def _new(
    asked: Asked,
    start: datetime,
    end: datetime,
    most: int,
    before: Trial | None,
    user: User | None,
    now: datetime,
) -> Trial:
    versions.check(asked.type, asked.prompt, asked.labels, EVERY_TARGET, asked.judge_model)
    versions.check_judge(asked.project.pk, asked.judge_model, asked.endpoint)
    if running(asked.project) >= MOST_RUNNING:
        words = f"{MOST_RUNNING} trials of this project are running. Cancel one, or wait for it."
        raise CannotTry(words)
    if why := fits.why_nothing(asked.project, now):
        raise CannotTry(why)
    return Trial.objects.create(
        project=asked.project,
        agent=asked.agent,
        signal=asked.signal,
        version=asked.version,
        before=before,
        scope=asked.scope,
        type=asked.type,
        prompt=asked.prompt.strip(),
        labels=[dict(label) for label in asked.labels],
        judge_model=asked.judge_model,
        endpoint=asked.endpoint,
        template=asked.template,
        start=start,
        end=end,
        asked_for=most,
        created_by=user,
        created_at=now,
    )


def _queue(trial: Trial, rows: list[TrialResult], now: datetime) -> Trial:
    TrialResult.objects.bulk_create(rows)
    values: dict[str, Any] = {
        "project": trial.project_id,
        "team": trial.project.team_id,
        "version": -trial.pk,
        "agent": trial.agent_id,
        "scope": trial.scope,
        "trial": trial.pk,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(QUEUE, values)
    audit.record("trial.started", **trial_answers.about(trial), after={"targets": len(rows)})
    return trial
