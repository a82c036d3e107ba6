"""Which question is asked next, and how many at a time: fair between teams, and never blocked by
targets that fail or hang.

Example, with a pace of two lanes: target A hangs, B was tried before, C and D are fresh.

1. A and C start, being fresh; B waits, though it is the oldest.
2. C is answered, D starts. When D is answered, nothing fresh waits: B starts.
3. E arrives while B and A are under way. B is a retry, and one lane is always there for fresh
   work: E starts. After a while A counts as stuck, and its lane is no longer counted either.
4. More targets of A's agent hang, until they have three quarters of all lanes there may be: then
   no more of that agent start, and the rest is for others.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from signals_app.judging.endpoint import Endpoint
from signals_app.judging.model_server.endpoint_health import Health
from signals_app.judging.questions import Ask
from signals_app.queue.jobs import Job

#: Answers that come within this time may still be asked for by a pump that only waits.
QUICK_S: Final = 3.0


@dataclass(slots=True)
class Work:
    """A job that is ready to be asked, and the others that wait for the same target."""

    job: Job
    ask: Ask
    followers: list[Work] = field(default_factory=list)

    @property
    def model(self) -> str:
        return self.ask.model

    @property
    def endpoint(self) -> Endpoint:
        """The judge that is asked."""
        assert self.ask.endpoint is not None, "every ask of a job names one"
        return self.ask.endpoint

    def let_go(self, model: str | None = None) -> list[Work]:
        """Take the followers from it, or those that ask one model; each is dealt with once."""
        gone = [follower for follower in self.followers if model in {None, follower.model}]
        self.followers = [
            follower for follower in self.followers if model not in {None, follower.model}
        ]
        return gone

    @property
    def is_retry(self) -> bool:
        """A trial's is none: somebody sits before the screen."""
        return self.job.attempts > 1 and self.job.trial_id is None


@dataclass(slots=True)
class Lane:
    """One question under way. began: by the pump's clock."""

    work: Work
    began: float


class Lanes:
    """The questions to one endpoint that are under way and those that wait for a lane. most: under
    way at all."""

    def __init__(self, most: int, health: Health) -> None:
        self.most = most
        self.health = health
        self.ready: deque[Work] = deque()
        self.under_way: dict[asyncio.Task[None], Lane] = {}

    def __bool__(self) -> bool:
        return bool(self.ready or self.under_way)

    def fresh(self, now: float) -> int:
        """Count those that wait for a lane and were not tried before."""
        hanging = self.hanging_agents(now)
        return sum(not work.is_retry and work.job.agent_id not in hanging for work in self.ready)

    def hanging_agents(self, now: float) -> set[int]:
        """Return the agents whose targets hang and have most of the lanes: others get the rest."""
        lanes = list(self.under_way.values())
        stuck = {lane.work.job.agent_id for lane in lanes if self._is_stuck(lane, now)}
        held = Counter(lane.work.job.agent_id for lane in lanes)
        return {agent for agent in stuck if held[agent] >= self.most - max(1, self.most // 4)}

    def join(self, work: Work) -> bool:
        """Put it behind one that asks about the same target, if that is here; False if not."""
        waiting = [*self.ready, *(lane.work for lane in self.under_way.values())]
        leader = next(
            (each for each in waiting if each.job.target_key == work.job.target_key), None
        )
        if leader is not None:
            leader.followers += [work, *work.let_go()]
        return leader is not None

    def is_full(self, model: str, now: float) -> bool:
        return self._counted(model, now) >= self.health.pace(model).lanes

    def has_room(self, now: float) -> bool:
        """Say whether more could start than waits; at least one lane of any endpoint is free."""
        if len(self.under_way) >= self.most:
            return False
        models = {lane.work.model for lane in self.under_way.values()}
        return not models or not all(self.is_full(model, now) for model in models)

    def hangs_since(self, moment: float) -> bool:
        """Say whether a question is under way that began before then."""
        return any(lane.began < moment for lane in self.under_way.values())

    @property
    def is_quick(self) -> bool:
        """Say whether the endpoint answers within seconds."""
        usual = [pace.usual_s for pace in self.health.paces.values() if pace.usual_s is not None]
        return bool(usual) and max(usual) < QUICK_S

    def ahead(self) -> int:
        """Return how many jobs are worth holding: few for a slow endpoint, so that another pump
        finds some; more where lanes would wait for the database."""
        lanes = max((pace.lanes for pace in self.health.paces.values()), default=2)
        return min(4 * self.most, lanes + 2 if lanes <= 8 else 4 * lanes)

    def next(self, now: float) -> Work | None:
        """Take the next one that may start: fresh before tried, teams with few lanes first."""
        if not self.ready or len(self.under_way) >= self.most:
            return None
        teams = Counter(lane.work.job.team_id for lane in self.under_way.values())
        signals = Counter(lane.work.job.signal_id for lane in self.under_way.values())
        hanging = self.hanging_agents(now)
        room: dict[tuple[str, bool], bool] = {}
        best: tuple[bool, int, int, int] | None = None
        for place, work in enumerate(self.ready):
            kind = work.model, work.is_retry
            if kind not in room:
                room[kind] = self._may_start(*kind, now)
            job = work.job
            if job.agent_id in hanging:
                continue
            rank = work.is_retry, teams[job.team_id], signals[job.signal_id], place
            if room[kind] and (best is None or rank < best):
                best = rank
        if best is None:
            return None
        chosen = self.ready[best[3]]
        del self.ready[best[3]]
        return chosen

    def _may_start(self, model: str, is_retry: bool, now: float) -> bool:
        lanes, counted = self.health.pace(model).lanes, self._counted(model, now)
        retries = self._counted(model, now, only_retries=True)
        if is_retry:
            return counted < lanes and retries < max(1, lanes // 2)
        return counted < lanes or counted == retries

    def _counted(self, model: str, now: float, only_retries: bool = False) -> int:
        return sum(
            lane.work.model == model
            and not self._is_stuck(lane, now)
            and (lane.work.is_retry or not only_retries)
            for lane in self.under_way.values()
        )

    def _is_stuck(self, lane: Lane, now: float) -> bool:
        return self.health.pace(lane.work.model).is_stuck(lane.began, now)
