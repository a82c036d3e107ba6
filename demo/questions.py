"""The four signals of the demo, with labels on its history by a run."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from demo.spans import AGENT_ID
from demo.traffic import HISTORY
from signals_app.definition import starters, states, versions
from signals_app.definition.starters import Template
from signals_app.judging import judge_in_use
from signals_app.models import Scope, Signal
from signals_app.runs import runs
from teams.models import Project, User
from traces.models import Agent

#: What is asked, and at which scope.
ASKED: tuple[tuple[Template, str], ...] = (
    (starters.TASK_OUTCOME, Scope.SESSION),
    (starters.USER_FRUSTRATION, Scope.SESSION),
    (starters.SENTIMENT, Scope.TRACE),
    (starters.LAZINESS, Scope.TRACE),
)
#: A real judge costs money, and a demo never rests.
RATE_OFFLINE, RATE_REAL = 1.0, 0.1


@transaction.atomic
def ask_all(project: Project, user: User, now: datetime) -> None:
    """Make the signals, label the history, and go on live. Call it once, when all is settled."""
    agent = Agent.objects.get(project=project, identity=AGENT_ID)
    for template, scope in ASKED:
        signal = ask(agent, template, scope, user)
        states.activate(signal, user, now)
        label_history(signal, user, now)


def ask(agent: Agent, template: Template, scope: str, user: User) -> Signal:
    return versions.create(
        project=agent.project,
        agent=agent,
        name=template.name,
        scope=scope,
        type=template.type,
        prompt=template.prompt,
        labels=template.labels,
        sample_rate=rate(),
        template=template.key,
        user=user,
    )


def rate() -> float:
    """Return the sample rate that the judge in use can bear."""
    return RATE_OFFLINE if judge_in_use.is_offline() else RATE_REAL


def label_history(signal: Signal, user: User, now: datetime) -> None:
    """Start a run of the signal over the whole history."""
    end = signal.project.created_at
    runs.start(signal, end - HISTORY, end, rate=None, user=user, now=now)


def spare_a_real_judge(project: Project, user: User) -> None:
    """Lower the sample rates of the demo when a real judge came after it was made.

    Signals that somebody edited are left as they are.
    """
    if judge_in_use.is_offline():
        return
    made_here = Signal.objects.filter(project=project, created_by=user, live_version__number=1)
    for signal in made_here.filter(live_version__sample_rate=RATE_OFFLINE).exclude(
        state=Signal.State.ARCHIVED
    ):
        version = signal.live_version
        if version is not None:
            versions.add(
                signal,
                type=version.type,
                prompt=version.prompt,
                labels=version.labels,
                sample_rate=RATE_REAL,
                judge_model=version.judge_model,
                endpoint=version.endpoint,
                user=user,
            )
