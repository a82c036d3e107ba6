"""Trials: a question, saved or not, tried on recent targets. Nothing of it is a label."""

from __future__ import annotations

from typing import Annotated

from django.core.exceptions import ValidationError
from django.utils import timezone
from ninja import Path
from pydantic import Field

from api import lookups
from api.rest import stretches
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.problems import Refused
from api.rest.resources.signals.given import QuestionGiven, Scope, VersionNumber
from api.rest.stretches import GivenStretch
from api.rest.types import Given, Id, Text, Whole
from api.shapes import trials as shapes
from api.shapes.trials import TrialShape
from signals_app.definition import drafts, scopes
from signals_app.definition.versions import current_version
from signals_app.models import Trial
from signals_app.trials import answers as trial_answers
from signals_app.trials import trials
from signals_app.trials.figures import figures, rows_of
from signals_app.trials.trials import MOST_TARGETS, USUAL_TARGETS, Asked
from teams.models import Project

resource = Resource(tags=["trials"])

TrialId = Annotated[Id, Field(description="A trial's id.")]
Targets = Annotated[
    int, Field(ge=1, le=MOST_TARGETS, description="How many of the newest targets.")
]
NO_SUCH_ROW = "That row or label is not in this trial. Nothing was marked."
EITHER = "Give either a signal, or an agent with a question of its own."
WHICH = "Say which agent: its id, exact name, or identity. Or give a signal."


class NewTrial(QuestionGiven, GivenStretch):
    """A version of a signal (the live one, unless `version` says another), with what is changed of
    its question; or a question that is saved nowhere, of an agent."""

    signal: Id | None = None
    version: VersionNumber | None = None
    agent: Text | None = None
    scope: Scope | None = Field(None, description="Of an unsaved question; the usual is trace.")
    template: Text = ""
    targets: Targets = USUAL_TARGETS


class TrialAgain(QuestionGiven):
    """What is changed of the question; the targets are the very same."""


class Mark(Given):
    """wanted: the label that is right; empty takes the mark back."""

    wanted: Text = ""


@resource.post("", response={201: TrialShape}, operation_id="create_trial")
def create_trial(request: CallerRequest, given: NewTrial) -> TrialShape:
    """Try a question on the newest targets of a stretch of time; ask for the trial until its state
    is no longer running."""
    project, now = request.caller.project, timezone.now()
    start, end = stretches.bounds(given, now)
    asked = _of_signal(project, given) if given.signal else _of_question(project, given)
    made = trials.start(asked, start, min(end, now), given.targets, request.caller.user, now)
    return _shape(project, made)


@resource.get("/{trial}", response=TrialShape, operation_id="get_trial")
def get_trial(request: CallerRequest, trial: Path[TrialId]) -> TrialShape:
    """Return what the judge said of each target so far."""
    return _shape(request.caller.project, lookups.trial(request.caller.project, trial))


@resource.post("/{trial}/again", response={201: TrialShape}, operation_id="try_again")
def try_again(request: CallerRequest, trial: Path[TrialId], given: TrialAgain) -> TrialShape:
    """Try the question, or a changed one, on the very same targets."""
    project = request.caller.project
    before = lookups.trial(project, trial)
    asked = _changed(trials.of_trial(before), given)
    made = trials.again(before, asked, request.caller.user, timezone.now())
    return _shape(project, made)


@resource.post("/{trial}/cancel", response=TrialShape, operation_id="cancel_trial")
def cancel_trial(request: CallerRequest, trial: Path[TrialId]) -> TrialShape:
    """Ask nothing more; what was answered stays."""
    project = request.caller.project
    trial_answers.cancel(lookups.trial(project, trial), timezone.now())
    return _shape(project, lookups.trial(project, trial))


@resource.put("/{trial}/marks/{position}", response=TrialShape, operation_id="mark_trial")
def mark_trial(
    request: CallerRequest, trial: Path[TrialId], position: Path[Whole], given: Mark
) -> TrialShape:
    """Say which label one target should have had."""
    project = request.caller.project
    known = lookups.trial(project, trial)
    if position > MOST_TARGETS or not trials.mark(known, position, given.wanted):
        raise Refused(422, "invalid", NO_SUCH_ROW, "wanted")
    return _shape(project, known)


def _of_signal(project: Project, given: NewTrial) -> Asked:
    if given.agent is not None or given.scope is not None or given.template:
        raise ValidationError({"signal": [EITHER]})
    assert given.signal is not None
    signal = lookups.given("signal", lookups.signal, project, given.signal)
    version = current_version(signal)
    if given.version is not None:
        version = lookups.given("version", lookups.version, signal, given.version)
    return _changed(trials.of_version(signal, version), given)


def _of_question(project: Project, given: NewTrial) -> Asked:
    if given.agent is None:
        raise ValidationError({"agent": [WHICH]})
    if given.version is not None:
        raise ValidationError({"version": ["A version is one of a signal: give that, too."]})
    agent = lookups.given("agent", lookups.agent, project, given.agent)
    draft = drafts.begun(given.template)
    scope = given.scope or scopes.begun_with(draft.scope or "trace", [agent])[0]
    question = drafts.changed(draft.question, given.said)
    question = drafts.with_judge(question, project, given.judge)
    return trials.unsaved(project, agent, scope, question, draft.template)


def _changed(asked: Asked, given: QuestionGiven) -> Asked:
    question = drafts.changed(asked.question, given.said)
    return trials.otherwise(asked, drafts.with_judge(question, asked.project, given.judge))


def _shape(project: Project, trial: Trial) -> TrialShape:
    rows = rows_of(trial, project)
    return shapes.trial_of(project, trial, rows, figures(trial, rows))
