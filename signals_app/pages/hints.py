"""Why a signal has judged nothing: the likeliest reasons, each with what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core import wording
from signals_app.models import Scope, Signal

BY_THEMSELVES = "Labels appear here by themselves."


@dataclass(frozen=True)
class Facts:
    """What is known about a signal without labels in the window on screen."""

    state: str
    scope: str
    targets_a_day: float
    sample_rate: float
    waiting: int
    waiting_error: str
    unlabelled: int
    agent_seen_at: datetime
    judge_paused_until: datetime | None
    offline_cannot: bool
    session_idle_s: int


def why_nothing(facts: Facts, now: datetime) -> list[str]:
    """Sentences, the most decisive first; always at least one."""
    if facts.state == Signal.State.DRAFT:
        return ["This signal is a draft. Activate it, and it judges what settles from then on."]
    if facts.state == Signal.State.PAUSED:
        return ["This signal is paused, so nothing new is judged. Resume it to go on."]
    return [*_judge(facts, now), *_traffic(facts, now)] or [_patience(facts)]


def _judge(facts: Facts, now: datetime) -> list[str]:
    said = []
    if facts.offline_cannot:
        said.append(
            "The offline judge only knows the six templates, and this question is your own: "
            "set JUDGE_API_KEY or JUDGE_BASE_URL and start again."
        )
    if facts.judge_paused_until and facts.judge_paused_until > now:
        until = wording.ago(facts.judge_paused_until, now)
        said.append(f"The judge asked us to wait. Judging goes on {until}.")
    if facts.unlabelled:
        said.append("Targets came, but none got a label: the reasons stand in the tile above.")
    if facts.waiting:
        error = (
            f" The last answer was an error: {facts.waiting_error}" if facts.waiting_error else ""
        )
        said.append(f"{wording.number(facts.waiting)} targets wait to be judged.{error}")
    return said


def _traffic(facts: Facts, now: datetime) -> list[str]:
    if facts.targets_a_day == 0:
        what = {Scope.SPAN: "model calls", Scope.TRACE: "traces", Scope.SESSION: "sessions"}
        seen = wording.ago(facts.agent_seen_at, now)
        missing = f"The agent sent no {what[Scope(facts.scope)]} in the last 7 days."
        return [f"{missing} It was last seen {seen}."]
    sampled = facts.targets_a_day * facts.sample_rate
    if sampled < 1:
        rate = wording.percent(facts.sample_rate, 1)
        return [
            f"The sample rate of {rate} leaves fewer than one target a day. Raise it to see labels."
        ]
    return []


def _patience(facts: Facts) -> str:
    if facts.scope == Scope.SESSION:
        quiet = wording.duration(facts.session_idle_s * 1000)
        return f"A session is judged when nothing arrived for {quiet}. {BY_THEMSELVES}"
    return f"Traces are judged a few seconds after they end. {BY_THEMSELVES}"
