"""One pump: claims jobs, keeps a window of questions under way, writes what came of them.

It runs for some minutes and leaves; who queues it again is `tasks`. The event loop
only ever talks to the judge; whatever touches the database runs in one thread with a
connection of its own, so nothing is locked while the judge thinks.

What becomes of a job, from `judge_job` back to it or to a classification:

1. `_claim` takes it with a lease, reads its target, and puts it among those that are ready, behind
   a job that asks about the same target, if there is one.
2. `_start_lanes` takes the next that may start (queue/lanes.py), while there are lanes (`Pace`).
3. `_judge` asks. A ruling is an end (`_end`). A failure is tried later (`_again`): it waits longer
   each time, behind fresh work, and is an end after JUDGE_MAX_ATTEMPTS, unless nobody was answered
   since the job was queued: then it may be the endpoint's failure, and the target waits on.
4. `_flush` writes all of this five times a second, in one transaction fenced by the lease.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from core import log_lines
from core.background import long_tasks
from signals_app.judging import judge_in_use
from signals_app.judging.model_server import endpoints
from signals_app.judging.model_server.endpoint_health import RECENT, Health
from signals_app.judging.model_server.learned import Learned
from signals_app.judging.offline import OfflineJudge
from signals_app.judging.questions import (
    Judge,
    Resting,
    Retryable,
    Ruling,
    SignalBlocked,
    failed,
)
from signals_app.models import Outcome
from signals_app.queue import jobs, slots
from signals_app.queue.completing import Done
from signals_app.queue.findings import Findings
from signals_app.queue.jobs import HELD_UNTIL, Job, Release
from signals_app.queue.lanes import Lane, Lanes, Work
from signals_app.queue.next_attempt import Failure, next_attempt
from signals_app.queue.preparing import prepare
from signals_app.queue.suspects import Suspects

log = logging.getLogger(__name__)
Result = TypeVar("Result")

#: How long nothing may come before the pump leaves.
LINGER_S = 2.0
IDLE_STEP_S = 0.25
WRITE_STEP_S = 0.2
#: How many jobs a pump holds for each question that it may have under way: some wait for a
#: lane, some to be written.
HELD_AT_MOST = 4
#: Requests that are still under way after the budget may take this much longer than their
#: own time limit; when the whole worker is to stop, this long at all.
GRACE_S = 5.0
#: Targets read at a time: more would keep the thread from writing for too long.
READ_BATCH = 16


class Pump:
    """share: questions under way at a time. slot, holder: the place that this pump has taken."""

    def __init__(self, share: int, slot: int, holder: UUID, budget_s: float) -> None:
        self.share, self.slot, self.holder = share, slot, holder
        self.judge: Judge = OfflineJudge()
        self.ends_at = time.monotonic() + budget_s
        self.held: dict[int, Job] = {}  # claimed, and nothing written about it yet
        self.findings = Findings()
        self.health = Health(share, settings.JUDGE_TIMEOUT_S)
        self.lanes = Lanes(share, self.health)
        self.suspects = Suspects()
        self.stopped: dict[int, str] = {}  # signals that are asked about no more, and why
        self.is_dry = False  # the last claim found nothing
        self.has_lost_slot = False
        self.written = 0
        self._learned_before: dict[str, Learned] = {}
        self._changed = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pump")

    async def run(self) -> int:
        """Returns how many classifications it wrote."""
        try:
            self.judge = judge_in_use.open_judge(await self._in_thread(self._learn))
            async with asyncio.TaskGroup() as group:
                keepers = [group.create_task(self._keep_alive()), group.create_task(self._write())]
                await self._feed()
                await self._finish()
                for keeper in keepers:
                    keeper.cancel()
            await self._flush()
        finally:
            await self._leave()
        return self.written

    @property
    def is_over(self) -> bool:
        if self.has_lost_slot or not long_tasks.may_go_on():
            return True
        return time.monotonic() >= self.ends_at and not self.lanes.only_wait_for(self.ends_at)

    async def _feed(self) -> None:
        """Claim and start until the time is over or nothing has come for a while."""
        last_work = time.monotonic()
        claiming: asyncio.Task[int] | None = None
        while not self.is_over:
            self._start_lanes()
            if claiming is None and self._may_claim():
                claiming = asyncio.create_task(self._claim())
            if self.lanes or self._is_rest_short():
                last_work = time.monotonic()
            elif self.is_dry and time.monotonic() - last_work > LINGER_S:
                break
            self._changed.clear()
            waiting = {claiming} if claiming else set()
            changed = asyncio.create_task(self._changed.wait())
            await asyncio.wait(
                {changed, *waiting}, timeout=IDLE_STEP_S, return_when=asyncio.FIRST_COMPLETED
            )
            changed.cancel()
            if claiming and claiming.done():
                self.is_dry = not claiming.result()
                claiming = None
                if self.is_dry and not self.lanes.under_way:
                    await asyncio.sleep(IDLE_STEP_S)
        if claiming:
            await claiming

    def _is_rest_short(self) -> bool:
        """Say whether an endpoint rests and will be back while this pump is still here."""
        return self.health.is_back_within(self.ends_at - time.monotonic(), timezone.now())

    def _may_claim(self) -> bool:
        """Ahead of need, so that lanes never wait for the database, and fresh work even where
        others wait; with all lanes busy and nothing found the last time, not before one is free."""
        if self.is_dry and not self.lanes.has_room(time.monotonic()):
            return False
        fresh = self.lanes.fresh(time.monotonic())
        return fresh <= self.lanes.ahead() // 4 and self._may_hold > 0

    @property
    def _may_hold(self) -> int:
        """How many more jobs; those of targets that hang are held as long as these do."""
        return HELD_AT_MOST * self.share - len(self.held)

    def _start_lanes(self) -> None:
        now = timezone.now()
        while work := self.lanes.next(began := time.monotonic()):
            if self.health.is_resting(work.model, now):
                self._give_back_rested(work)
                continue
            if reason := self.stopped.get(work.job.signal_id):
                self._block(work.job, reason)
                self.lanes.ready.extendleft(reversed(work.let_go()))
                continue
            lane = asyncio.create_task(self._judge(work, began))
            self.lanes.under_way[lane] = Lane(work, began)
            lane.add_done_callback(self._lane_ended)

    def _lane_ended(self, lane: asyncio.Task[None]) -> None:
        # The first question has filled the judge's cache with the transcript: now the others, and
        # whoever joined it until this moment.
        self.lanes.ready.extendleft(reversed(self.lanes.under_way.pop(lane).work.let_go()))
        if not self.is_over:
            self._start_lanes()  # at once: waking the feeder costs more than starting
        if not self.lanes.ready or self._may_claim():
            self._changed.set()

    def _give_back_rested(self, work: Work) -> None:
        """Give back the jobs of an endpoint that rests: not this pump's turn, and the claim passes
        them over as well."""
        for each in (work, *work.let_go()):
            self._release(each.job, timezone.now(), is_refunded=True)

    async def _judge(self, work: Work, began: float) -> None:
        job, model = work.job, work.model
        is_full = self.lanes.is_full(model, began) or len(self.lanes.under_way) >= self.share
        try:
            ruling = await self.judge.ask(work.ask)
        except Resting as rest:
            self.health.pace(model).overloaded(began, time.monotonic())
            self._rest(job, model, rest)
        except SignalBlocked as block:
            self._block(job, str(block))
        except Retryable as error:
            if error.is_timeout:
                self.health.pace(model).timed_out(began, time.monotonic())
            self._try_later(work, error)
        except Exception as error:  # a fault of ours must not stop the other lanes
            log.exception("judging %s %s failed", job.scope, job.target.hex)
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
            self.findings.answered.add(model)
        self._end(job, ruling)

    def _end_all(self, ended: list[tuple[Job, Ruling]]) -> None:
        for job, ruling in ended:
            self._end(job, ruling)

    def _end(self, job: Job, ruling: Ruling) -> None:
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
        self.findings.blocked[job.signal_id] = self.stopped[job.signal_id] = words
        self._release(job, HELD_UNTIL, words, is_refunded=True)

    def _rest(self, job: Job, model: str, rest: Resting) -> None:
        now = timezone.now()
        until = self.health.rest(model, now, rest.after_s)
        self.findings.rested[model] = (until, str(rest))
        self._release(job, now, str(rest), is_refunded=True)

    def _try_later(self, work: Work, error: Retryable) -> None:
        """Try a job later, and with it what asks the same model about the same target: it would
        fail alike."""
        now, model, words = timezone.now(), work.model, str(error)
        self.findings.errors[model] = words
        if self.health.failed(model, work.job.target_key, error.is_unreachable):
            rest_s = self.health.outage_rest_s(model, now)
            self.findings.rested[model] = (self.health.rest(model, now, rest_s), words)
        for each in (work, *work.let_go(model)):
            may_be = self.health.may_be_the_endpoint(model, each.job.created_at, now)
            self._again(
                each.job, Failure(words, error.after_s or 0.0, error.is_unreachable, may_be)
            )

    def _again(self, job: Job, failure: Failure) -> None:
        most, share = settings.JUDGE_MAX_ATTEMPTS, random.random()
        attempt = next_attempt(job, failure, timezone.now(), most, share)
        if isinstance(attempt, Done):
            self.findings.done.append(attempt)
        else:
            self.findings.released.append(attempt)

    async def _finish(self) -> None:
        """Give back what was not started, and wait for what was."""
        self._release_ready()
        patience_s = settings.JUDGE_TIMEOUT_S + GRACE_S
        ends_at = time.monotonic() + patience_s
        while self.lanes.under_way and time.monotonic() < ends_at:
            if not long_tasks.may_go_on():
                ends_at = min(ends_at, time.monotonic() + GRACE_S)
            await asyncio.wait(set(self.lanes.under_way), timeout=IDLE_STEP_S)
            self._release_ready()
        for task, lane in list(self.lanes.under_way.items()):
            task.cancel()
            self._give_back_rested(lane.work)
        self._end_all(self.suspects.clear_all())

    def _release_ready(self) -> None:
        while self.lanes.ready:
            self._give_back_rested(self.lanes.ready.popleft())

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(WRITE_STEP_S)
            await self._flush()

    async def _flush(self) -> None:
        while self.findings:
            findings, self.findings = self.findings, Findings()
            await self._in_thread(lambda: self._put(findings))  # noqa: B023 - awaited at once
            for job in findings.jobs:
                self.held.pop(job.id, None)

    def _put(self, findings: Findings) -> None:
        self.written += findings.write(timezone.now())

    async def _claim(self) -> int:
        """Claim, read and line up; returns how many jobs there were."""
        most = min(self.lanes.ahead(), self._may_hold)
        claimed = await self._in_thread(lambda: self._claim_now(most))
        self.held |= {job.id: job for job in claimed}
        groups: dict[tuple[object, ...], list[Job]] = {}
        for job in claimed:
            groups.setdefault(job.target_key, []).append(job)
        queue = list(groups.values())
        for start in range(0, len(queue), READ_BATCH):
            batch = [job for group in queue[start : start + READ_BATCH] for job in group]
            for work in await self._in_thread(lambda: self._prepare(batch)):  # noqa: B023
                if not self.lanes.join(work):
                    self.lanes.ready.append(work)
            self._changed.set()
            self._start_lanes()
        return len(claimed)

    def _claim_now(self, most: int) -> list[Job]:
        now = timezone.now()
        resting = endpoints.resting_models(now)
        hanging = self.lanes.hanging_agents(time.monotonic())
        return jobs.claim(most, now, resting, sorted(hanging))

    def _prepare(self, batch: list[Job]) -> list[Work]:
        prepared = prepare(batch)
        jobs.delete(prepared.dropped)
        for job in prepared.dropped:
            self.held.pop(job.id, None)
        for job in prepared.on_hold:
            self._release(job, HELD_UNTIL, is_refunded=True)
        self.findings.done += prepared.done
        return prepared.works

    async def _keep_alive(self) -> None:
        """Renew what is held; what was lost is judged by somebody else by now."""
        step_s = min(settings.JUDGE_LEASE_S, slots.LEASE_S) / 3
        while True:
            await asyncio.sleep(step_s)
            held = list(self.held.values())
            await self._in_thread(lambda: self._renew(held))  # noqa: B023 - awaited at once

    def _renew(self, held: list[Job]) -> None:
        now = timezone.now()
        jobs.renew(held, now)
        if not self.has_lost_slot and not slots.renew(self.slot, self.holder, now):
            self.has_lost_slot = True
            log_lines.note(log, logging.WARNING, "lease of a pump lost", slot=self.slot)
        known = endpoints.known(now)
        self.health.hear(known.resting, known.last_success)
        self._remember(now)

    def _learn(self) -> dict[str, Learned]:
        known = endpoints.known(timezone.now())
        self.health.start(known.resting, known.last_success, known.lanes)
        self._learned_before = dict(known.learned)
        return known.learned

    def _remember(self, now: datetime) -> None:
        """Keep what was learned of the endpoints for other pumps."""
        for model, learned in list(self.judge.learned.items()):
            if self._learned_before.get(model) != learned:
                endpoints.remember(model, learned, now)
                self._learned_before[model] = learned
        for model, pace in list(self.health.paces.items()):
            endpoints.remember_lanes(model, pace.exact, now)

    async def _leave(self) -> None:
        """Whatever happened, give back what can be given back."""
        for lane in list(self.lanes.under_way):
            lane.cancel()
        try:
            await self.judge.close()
            await self._in_thread(self._give_back_all)
        finally:
            await self._in_thread(lambda: connection.close())  # the thread's own
            self._thread.shutdown()

    def _give_back_all(self) -> None:
        now = timezone.now()
        jobs.release([Release(job, now, is_refunded=True) for job in self.held.values()])
        self._remember(now)
        slots.give_back(self.slot, self.holder)

    async def _in_thread(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
