"""Why a signal has judged nothing: the likeliest reasons, each with what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.ui import wording
from signals_app.models import Scope, Signal

BY_THEMSELVES = "Labels appear here by themselves."
#: An active signal that judged nothing for so long says why.
QUIET = timedelta(hours=1)
WHAT = {Scope.SPAN: "model calls", Scope.TRACE: "traces", Scope.SESSION: "sessions"}


@dataclass(frozen=True)
class Recent:
    """Targets of the agent in the last hour: those that settled, those that have not yet."""

    settled: int
    open: int


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
    worker_trouble: str = ""  # in words, while no worker runs
    traces_a_day: float = 0.0  # of the agent, whatever the scope
    judging_since: datetime | None = None  # the last judgement, else the activation
    recent: Recent | None = None  # asked for only when nothing was judged for a while


def why_nothing(facts: Facts, now: datetime) -> list[str]:
    """Sentences, the most decisive first; always at least one."""
    if facts.state == Signal.State.DRAFT:
        return ["This signal is a draft. Activate it, and it judges what settles from then on."]
    if facts.state == Signal.State.ARCHIVED:
        return ["This signal is archived, so nothing is judged. Its labels stay. Restore it first."]
    if facts.state == Signal.State.PAUSED:
        return ["This signal is paused, so nothing new is judged. Resume it to go on."]
    known = [*_worker(facts), *_judge(facts, now), *_traffic(facts, now)]
    return known or _last_hour(facts, now) or [_patience(facts)]


def why_nothing_then(made_at: datetime, end: datetime, now: datetime) -> list[str]:
    """Say why a range that is over has no labels: nothing appears there by itself any more."""
    by_run = "A run over past traffic judges what came in then."
    if end <= made_at:
        made = wording.ago(made_at, now)
        return [f"This range ends before the signal was made, {made}. {by_run}"]
    return [f"Nothing was judged live in this range, which is over. {by_run}"]


def why_quiet(facts: Facts, now: datetime) -> list[str]:
    """Say why an active signal that has labels judged nothing for an hour; [] while it is at
    work."""
    since = facts.judging_since
    if facts.state != Signal.State.ACTIVE or since is None or now - since <= QUIET:
        return []
    known = [*_worker(facts), *_judge(facts, now)]
    return known or _last_hour(facts, now) or [_patience(facts)]


def _worker(facts: Facts) -> list[str]:
    return [facts.worker_trouble] if facts.worker_trouble else []


def _last_hour(facts: Facts, now: datetime) -> list[str]:
    recent, what = facts.recent, WHAT[Scope(facts.scope)]
    if recent is None:
        return []
    if recent.settled == 0 and recent.open:
        n = wording.number(recent.open)
        return [f"{n} {what} of the last hour have not settled yet. {_patience(facts)}"]
    if recent.settled == 0:
        seen = wording.ago(facts.agent_seen_at, now)
        return [f"The agent sent no {what} in the last hour. It was last seen {seen}."]
    if facts.sample_rate >= 1:
        return []
    return [
        f"None of the {wording.number(recent.settled)} {what} that settled in the last hour was in "
        f"the sample of {_rate(facts)}. {_expected(recent.settled * 24, facts)}"
    ]


def _rate(facts: Facts) -> str:
    return f"{facts.sample_rate * 100:g} %"


def _expected(targets_a_day: float, facts: Facts) -> str:
    wait = wording.duration(86_400_000 / (targets_a_day * facts.sample_rate))
    return f"At this pace one is judged every {wait} on average."


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
        said.append("Targets came, but none got a label: the reasons are listed.")
    if facts.waiting:
        error = (
            f" The last answer was an error: {facts.waiting_error}" if facts.waiting_error else ""
        )
        said.append(f"{wording.number(facts.waiting)} targets wait to be judged.{error}")
    return said


def _traffic(facts: Facts, now: datetime) -> list[str]:
    if facts.targets_a_day == 0 and facts.scope == Scope.SESSION and facts.traces_a_day:
        return [
            "The agent sends traces, but none of the last 7 days carried a session id, so there "
            "are no sessions to judge. Set session.id (or gen_ai.conversation.id) on its spans."
        ]
    if facts.targets_a_day == 0:
        seen = wording.ago(facts.agent_seen_at, now)
        missing = f"The agent sent no {WHAT[Scope(facts.scope)]} in the last 7 days."
        return [f"{missing} It was last seen {seen}."]
    sampled = facts.targets_a_day * facts.sample_rate
    if sampled < 1:
        rate = wording.percent(facts.sample_rate, 1)
        return [
            f"The sample rate of {rate} leaves fewer than one target a day. Raise it to see "
            f"labels. {_expected(facts.targets_a_day, facts)}"
        ]
    return []


def _patience(facts: Facts) -> str:
    if facts.scope == Scope.SESSION:
        quiet = wording.whole_seconds(facts.session_idle_s)
        return f"A session is judged when nothing arrived for {quiet}. {BY_THEMSELVES}"
    return f"Traces are judged a few seconds after they end. {BY_THEMSELVES}"
