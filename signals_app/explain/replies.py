"""The answers of all signals of an agent, folded beside a trace, a span or a session."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from core.ui.tones import UNLABELLED
from signals_app.explain import facts as why_facts
from signals_app.explain import targets as why_targets
from signals_app.explain.decision import Kind
from signals_app.explain.facts import Answered
from signals_app.explain.targets import Known
from signals_app.labels.breakdown import tone_of
from signals_app.models import Signal
from signals_app.targets import TargetRef
from teams.models import Project
from traces.extensions import Reply

TEMPLATE = "signals_app/_why_answer.html"


def replies(project: Project, ref: TargetRef, now: datetime) -> list[Reply]:
    known = why_targets.find(project.pk, ref)
    return [_reply(each) for each in of_all(project, known, now)] if known else []


def of_all(project: Project, known: Known, now: datetime) -> list[Answered]:
    """Return the answers of all signals of a target's agents, those of its own scope first;
    archived ones only if they have judged it."""
    signals = _signals(project, known.agent_ids)
    signals.sort(key=lambda signal: (signal.scope != known.ref.scope, signal.name.lower()))
    answers = why_facts.answers(project, known, signals, now)
    return [each for each in answers if each.judged or each.signal.state != "archived"]


def tone(answered: Answered) -> str:
    """Return the colour of the label that stands; labels of older versions may be none of the live
    one's."""
    version, label = answered.signal.live_version, answered.answer.label
    if label is None:
        return ""
    return tone_of(version, label) if version else UNLABELLED


def _signals(project: Project, agent_ids: Iterable[int]) -> list[Signal]:
    signals = Signal.objects.filter(project=project, agent__in=list(agent_ids))
    return list(signals.select_related("agent", "live_version"))


def _reply(answered: Answered) -> Reply:
    answer = answered.answer
    return Reply(
        title=answered.signal.name,
        summary=answer.label or answer.kind.value,
        tone=tone(answered) if answer.kind is Kind.LABELLED else "",
        template=TEMPLATE,
        content=answered,
    )
