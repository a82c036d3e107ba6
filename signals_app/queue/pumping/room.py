"""All that one pump has to do with one endpoint: the questions to it, its health, its pace.

Each endpoint has a room of its own, so that one which hangs, rests or breaks takes nothing from the
others. What comes of a job goes to the pump's findings; `Pump` says which ends there are.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils import timezone

from signals_app.judging.endpoint import Endpoint
from signals_app.judging.model_server import endpoints
from signals_app.judging.model_server.endpoint_health import RECENT, Health
from signals_app.judging.model_server.endpoints import Known
from signals_app.judging.questions import (
    Judge,
    Resting,
    Retryable,
    Ruling,
    SignalBlocked,
    failed,
)
from signals_app.models import Outcome
from signals_app.queue import counted
from signals_app.queue.completing import Done
from signals_app.queue.jobs import HELD_UNTIL, Avoided, Job, Release
from signals_app.queue.pumping.findings import Findings
from signals_app.queue.pumping.lanes import Lane, Lanes, Work
from signals_app.queue.pumping.next_attempt import Failure, next_attempt
from signals_app.queue.pumping.suspects import Suspects

log = logging.getLogger(__name__)

#: How many jobs a room holds for each question that it may have under way: some wait for a
#: lane, some to be written.
HELD_AT_MOST: Final = 4
#: For so long after the judge stopped a signal its other jobs here are not asked: by then it is
#: paused. Who resumes it after that is asked again.
STOPPED_S: Final = 5.0


class Room:
    """share: questions under way at a time. judge: open for the loop that runs. on_ended: called
    when a question has ended, and more may start."""

    def __init__(
        self,
        endpoint: Endpoint,
        share: int,
        judge: Judge,
        known: Known,
        findings: Findings,
        on_ended: Callable[[Room], None],
    ) -> None:
        self.endpoint, self.share, self.judge, self.findings = endpoint, share, judge, findings
        self.health = Health(share, endpoint.timeout_s)
        self.health.start(known.resting, known.last_success, known.lanes)
        self.lanes = Lanes(share, self.health)
        self.suspects = Suspects()
        self._on_ended = on_ended
        self._stopped: dict[int, tuple[str, float]] = {}  # signal id -> why, until when
        self._learned_before = dict(known.learned)

    @property
    def is_resting(self) -> bool:
        """Say whether nothing may be asked here now, whichever model."""
        return self.endpoint.is_projects_own and self.health.is_resting(
            self.endpoint.model, timezone.now()
        )

    def may_take(self) -> int:
        """Return how many more jobs it is worth to claim for it: ahead of need, so that lanes never
        wait for the database, and fresh work even where others wait."""
        if self.share == 0 or self.is_resting:
            return 0
        ahead = self.lanes.ahead()
        held = len(self.lanes.ready) + len(self.lanes.under_way)
        if self.lanes.fresh(time.monotonic()) > ahead // 4 or held >= HELD_AT_MOST * self.share:
            return 0
        return min(ahead, HELD_AT_MOST * self.share - held)

    def has_room(self) -> bool:
        """Say whether more could start here than waits."""
        return self.share > 0 and self.lanes.has_room(time.monotonic())

    def avoided(self) -> list[Avoided]:
        """Return what a claim has to leave where it is, as far as this room knows."""
        pk = max(self.endpoint.id, 0)
        if not self.may_take():
            return [Avoided(pk)]
        hanging = self.lanes.hanging_agents(time.monotonic())
        return [Avoided(pk, agent_id=agent) for agent in sorted(hanging)]

    def join(self, works: list[Work]) -> None:
        """Line up what was claimed; what is far too much goes back, for another pump."""
        for work in works:
            if self.lanes.join(work):
                continue
            if len(self.lanes.ready) >= HELD_AT_MOST * self.share:
                self.give_back(work)
            else:
                self.lanes.ready.append(work)

    def start_lanes(self) -> None:
        """Ask the next ones that may be asked, while there are lanes."""
        now = timezone.now()
        while work := self.lanes.next(began := time.monotonic()):
            if self.health.is_resting(work.model, now):
                self.give_back(work)
                continue
            if reason := self._why_stopped(work.job.signal_id, began):
                self._block(work.job, reason)
                self.lanes.ready.extendleft(reversed(work.let_go()))
                continue
            lane = asyncio.create_task(self._judge(work, began))
            self.lanes.under_way[lane] = Lane(work, began)
            lane.add_done_callback(self._lane_ended)

    def _why_stopped(self, signal_id: int, now: float) -> str:
        words, until = self._stopped.get(signal_id, ("", 0.0))
        return words if now < until else ""

    def _lane_ended(self, lane: asyncio.Task[None]) -> None:
        # The first question has filled the judge's cache with the transcript: now the others, and
        # whoever joined it until this moment.
        work = self.lanes.under_way.pop(lane).work
        self.lanes.ready.extendleft(reversed(work.let_go()))
        self._on_ended(self)

    def give_back(self, work: Work) -> None:
        """Give a job back that was not asked, with those behind it: not this pump's turn, and the
        claim passes them over as well."""
        for each in (work, *work.let_go()):
            self._release(each.job, timezone.now(), is_refunded=True)

    def give_back_ready(self) -> None:
        """Give back all that wait for a lane."""
        while self.lanes.ready:
            self.give_back(self.lanes.ready.popleft())

    def cancel(self) -> None:
        """Give up what is under way, and give it back."""
        for task, lane in list(self.lanes.under_way.items()):
            task.cancel()
            self.give_back(lane.work)

    async def _judge(self, work: Work, began: float) -> None:
        job, model = work.job, work.model
        is_full = self.lanes.is_full(model, began) or len(self.lanes.under_way) >= self.share
        try:
            ruling = await self.judge.ask(work.ask)
        except Resting as rest:
            self.health.pace(model).overloaded(began, time.monotonic())
            counted.ERRORS.add(kind="overloaded")
            self._rest(job, model, rest)
        except SignalBlocked as block:
            counted.ERRORS.add(kind="refused")
            self._block(job, str(block))
        except Retryable as error:
            unreachable = "unreachable" if error.is_unreachable else "failed"
            counted.ERRORS.add(kind="timeout" if error.is_timeout else unreachable)
            if error.is_timeout:
                self.health.pace(model).timed_out(began, time.monotonic())
            self._try_later(work, error)
        except Exception as error:  # a fault of ours must not stop the other lanes
            log.exception("judging %s %s failed", job.scope, job.target.hex)
            counted.ERRORS.add(kind="ours")
            words = f"Our own error while judging: {type(error).__name__}."
            self._again(job, Failure(words))
        else:
            self._take(job, model, ruling)
            self.health.pace(model).answered(began, time.monotonic(), is_full)

    def _take(self, job: Job, model: str, ruling: Ruling) -> None:
        """Take an answer, which is the end of its job; a request that was called wrong may be
        everybody's."""
        if ruling.is_bad_request and job.trial_id is None:
            self._end_all(self.suspects.add(model, job, ruling))
            is_at_work = self.health.has_answered(model, timezone.now() - RECENT)
            if wrong := self.suspects.blocked(model, is_at_work):
                for suspect, said in wrong:
                    words = f"{said.reason} So it said of {len(wrong)} targets in a row."
                    self._block(suspect, f"{words} Mend the cause, then resume the signal.")
            return
        if ruling.outcome != Outcome.FAILED:
            self._end_all(self.suspects.clear(model))
        if self.health.succeeded(model, timezone.now()):
            self.findings.answered.add((self.endpoint, model))
        self._end(job, ruling)

    def _end_all(self, ended: list[tuple[Job, Ruling]]) -> None:
        for job, ruling in ended:
            self._end(job, ruling)

    def _end(self, job: Job, ruling: Ruling) -> None:
        own = self.endpoint.id if self.endpoint.is_projects_own else None
        ruling = ruling.but(endpoint_id=own, judge_name=self.endpoint.name)
        self.findings.done.append(Done(job, ruling))

    def _release(self, job: Job, at: datetime, error: str = "", **how: bool) -> None:
        """Give a job back. how: is_refunded, is_behind (jobs.Release)."""
        self.findings.released.append(Release(job, at, error, **how))

    def _block(self, job: Job, words: str) -> None:
        """Let what nobody can judge wait for a person; a trial ends and says so."""
        if job.trial_id is not None:
            self.findings.stopped[job.trial_id] = words
            self._end(job, failed(words))
            return
        if job.run_id is not None and self.endpoint.trouble:  # an older version's judge is gone
            self._end(job, failed(f"{self.endpoint.trouble}."))
            return
        self.findings.blocked[job.signal_id] = words
        self._stopped[job.signal_id] = words, time.monotonic() + STOPPED_S
        self.findings.errors[self.endpoint, self.endpoint.model] = words
        self._release(job, HELD_UNTIL, words, is_refunded=True)

    def _rest(self, job: Job, model: str, rest: Resting) -> None:
        now = timezone.now()
        until = self.health.rest(model, now, rest.after_s)
        self.findings.rested[self.endpoint, model] = (until, str(rest))
        self._release(job, now, str(rest), is_refunded=True)

    def _try_later(self, work: Work, error: Retryable) -> None:
        """Try a job later, and with it what asks the same model about the same target: it would
        fail alike."""
        now, model, words = timezone.now(), work.model, str(error)
        self.findings.errors[self.endpoint, model] = words
        if self.health.failed(model, work.job.target_key, error.is_unreachable):
            rest_s = self.health.outage_rest_s(model, now)
            until = self.health.rest(model, now, rest_s)
            self.findings.rested[self.endpoint, model] = (until, words)
        for each in (work, *work.let_go(model)):
            may_be = self.health.may_be_the_endpoint(model, each.job.created_at, now)
            self._again(
                each.job, Failure(words, error.after_s or 0.0, error.is_unreachable, may_be)
            )

    def _again(self, job: Job, failure: Failure) -> None:
        most, share = settings.JUDGE_MAX_ATTEMPTS, random.random()
        attempt = next_attempt(job, failure, timezone.now(), most, share)
        if isinstance(attempt, Done):
            self._end(attempt.job, attempt.ruling)
        else:
            counted.RETRIES.add()
            self.findings.released.append(attempt)

    def clear_suspects(self) -> None:
        """End those whose request was called wrong: it does not show any more whose fault that
        is."""
        self._end_all(self.suspects.clear_all())

    def hear(self, now: datetime) -> None:
        """Take what other pumps have found out since, and tell them what was found here."""
        known = endpoints.known(now, self.endpoint)
        self.health.hear(known.resting, known.last_success)
        self.remember(now)

    def remember(self, now: datetime) -> None:
        """Keep what was learned of the endpoint for other pumps."""
        if self.endpoint.is_offline:
            return
        for model, learned in list(self.judge.learned.items()):
            if self._learned_before.get(model) != learned:
                endpoints.remember(model, learned, now, self.endpoint)
                self._learned_before[model] = learned
        for model, pace in list(self.health.paces.items()):
            endpoints.remember_lanes(model, pace.exact, now, self.endpoint)
