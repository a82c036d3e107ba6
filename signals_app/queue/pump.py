"""One pump: claims jobs, keeps a window of questions under way, writes what came of them.

It runs for less than a minute and leaves; who queues it again is `tasks`. The event loop
only ever talks to the judge; whatever touches the database runs in one thread with a
connection of its own, so nothing is locked while the judge thinks.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from core import stopping
from signals_app.judging import endpoints, judges
from signals_app.judging.endpoint_health import Health
from signals_app.judging.learned import Learned
from signals_app.judging.offline import OfflineJudge
from signals_app.judging.questions import (
    Ask,
    Judge,
    Resting,
    Retryable,
    Ruling,
    SignalBlocked,
    failed,
    skipped,
)
from signals_app.models import Scope
from signals_app.queue import asking, jobs, loading, slots
from signals_app.queue.asking import Fate
from signals_app.queue.completing import Done
from signals_app.queue.findings import Findings
from signals_app.queue.jobs import HELD_UNTIL, Job, Release

log = logging.getLogger(__name__)
Result = TypeVar("Result")

BUDGET_S = 45.0
#: How long nothing may come before the pump leaves.
LINGER_S = 2.0
IDLE_STEP_S = 0.25
WRITE_STEP_S = 0.2
#: How many jobs a pump holds for each question that it may have under way: some wait for a
#: lane, some to be written.
AHEAD = 4
#: Requests that are still under way after the budget may take this much longer than their
#: own time limit; when the whole worker is to stop, this long at all.
GRACE_S = 5.0
#: Targets read at a time: more would keep the thread from writing for too long.
READ_BATCH = 16


@dataclass(slots=True)
class Work:
    """A job that is ready to be asked, and the others that wait for the same target."""

    job: Job
    ask: Ask
    followers: list[Work] = field(default_factory=list)


class Pump:
    """share: questions under way at a time. slot, holder: the place that this pump has taken."""

    def __init__(self, share: int, slot: int, holder: UUID, budget_s: float) -> None:
        self.share, self.slot, self.holder = share, slot, holder
        self.judge: Judge = OfflineJudge()
        self.ends_at = time.monotonic() + budget_s
        self.ready: deque[Work] = deque()
        self.held: dict[int, Job] = {}  # claimed, and nothing written about it yet
        self.findings = Findings()
        self.lanes: dict[asyncio.Task[None], Work] = {}
        self.health = Health(share)
        self.is_dry = False  # the last claim found nothing
        self.has_lost_slot = False
        self.written = 0
        self._learned_before: dict[str, Learned] = {}
        self._changed = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pump")

    async def run(self) -> int:
        """Returns how many classifications it wrote."""
        try:
            self.judge = judges.open_judge(await self._in_thread(self._learn))
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
        return time.monotonic() >= self.ends_at or self.has_lost_slot or stopping.requested()

    async def _feed(self) -> None:
        """Claim and start until the time is over or nothing has come for a while."""
        last_work = time.monotonic()
        claiming: asyncio.Task[int] | None = None
        while not self.is_over:
            self._start_lanes()
            if claiming is None and self._may_claim():
                claiming = asyncio.create_task(self._claim())
            if self.lanes or self.ready or self._is_rest_short():
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
                if self.is_dry and not self.lanes:
                    await asyncio.sleep(IDLE_STEP_S)
        if claiming:
            await claiming

    def _is_rest_short(self) -> bool:
        """Whether an endpoint rests and will be back while this pump is still here."""
        return self.health.is_back_within(self.ends_at - time.monotonic(), timezone.now())

    def _may_claim(self) -> bool:
        """Ahead of need, so that lanes never wait for the database. With all lanes busy and
        nothing found the last time, not before a lane is free."""
        if self.is_dry and len(self.lanes) >= self.health.limit:
            return False
        return len(self.ready) <= self.share and len(self.held) < AHEAD * self.share

    def _start_lanes(self) -> None:
        now = timezone.now()
        for _ in range(len(self.ready)):
            if len(self.lanes) >= self.health.limit:
                return
            work = self.ready.popleft()
            if self.health.is_resting(work.ask.model, now):
                self._give_back_rested(work)
                continue
            lane = asyncio.create_task(self._judge(work))
            self.lanes[lane] = work
            lane.add_done_callback(self._lane_ended)

    def _lane_ended(self, lane: asyncio.Task[None]) -> None:
        self.lanes.pop(lane, None)
        if not self.is_over:
            self._start_lanes()  # at once: waking the feeder costs more than starting
        if not self.ready or self._may_claim():
            self._changed.set()

    def _give_back_rested(self, work: Work) -> None:
        """Not this one's turn while its endpoint rests; the claim passes it over as well."""
        for each in (work, *work.followers):
            self._release(each.job, timezone.now(), is_refunded=True)

    async def _judge(self, work: Work) -> None:
        job, model = work.job, work.ask.model
        try:
            ruling = await self.judge.ask(work.ask)
        except Resting as rest:
            self._rest(job, model, rest)
        except SignalBlocked as block:
            self._block(job, str(block))
        except Retryable as error:
            self._try_later(job, model, error)
        except Exception as error:  # a fault of ours must not stop the other lanes
            log.exception("judging %s %s failed", job.scope, job.target.hex)
            self._again(job, f"Our own error while judging: {type(error).__name__}.", None)
        else:
            if self.health.succeeded(model):
                self.findings.answered.add(model)
            self._end(job, ruling)
        # The first question has filled the judge's cache with the transcript: now the others.
        self.ready.extendleft(reversed(work.followers))

    def _end(self, job: Job, ruling: Ruling) -> None:
        self.findings.done.append(Done(job, ruling))

    def _release(
        self, job: Job, at: datetime, error: str = "", *, is_refunded: bool = False
    ) -> None:
        self.findings.released.append(Release(job, at, error, is_refunded))

    def _block(self, job: Job, words: str) -> None:
        """What nobody can judge waits for a person; a trial ends and says so."""
        if job.trial_id is not None:
            self.findings.stopped[job.trial_id] = words
            self._end(job, failed(words))
            return
        self.findings.blocked[job.signal_id] = words
        self._release(job, HELD_UNTIL, words, is_refunded=True)

    def _rest(self, job: Job, model: str, rest: Resting) -> None:
        now = timezone.now()
        until = self.health.rest(model, now, rest.after_s)
        self.findings.rested[model] = (until, str(rest))
        self._release(job, now, str(rest), is_refunded=True)

    def _try_later(self, job: Job, model: str, error: Retryable) -> None:
        """A judge that answers nobody is rested; that is not held against the targets."""
        now = timezone.now()
        self.findings.errors[model] = str(error)
        if self.health.failed(model):
            rest_s = self.health.outage_rest_s(model, now)
            until = self.health.rest(model, now, rest_s)
            self.findings.rested[model] = (until, str(error))
            if self.health.is_patient(job.created_at, now):
                self._release(job, now, str(error), is_refunded=True)
                return
        self._again(job, str(error), error.after_s)

    def _again(self, job: Job, words: str, after_s: float | None) -> None:
        if job.attempts >= settings.JUDGE_MAX_ATTEMPTS:
            self._end(job, failed(f"{words} Tried {job.attempts} times."))
            return
        wait_s = max(jobs.backoff_s(job.attempts, random.random()), after_s or 0.0)
        self._release(job, timezone.now() + timedelta(seconds=wait_s), words)

    async def _finish(self) -> None:
        """Give back what was not started, and wait for what was."""
        self._release_ready()
        patience_s = GRACE_S if stopping.requested() else settings.JUDGE_TIMEOUT_S + GRACE_S
        ends_at = time.monotonic() + patience_s
        while self.lanes and time.monotonic() < ends_at:
            await asyncio.wait(set(self.lanes), timeout=IDLE_STEP_S)
            self._release_ready()
            if stopping.requested():
                ends_at = min(ends_at, time.monotonic() + GRACE_S)
        for lane, work in list(self.lanes.items()):
            lane.cancel()
            self._release(work.job, timezone.now(), is_refunded=True)
            for follower in work.followers:
                self._release(follower.job, timezone.now(), is_refunded=True)

    def _release_ready(self) -> None:
        while self.ready:
            self._give_back_rested(self.ready.popleft())

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
        most = AHEAD * self.share - len(self.held)
        claimed = await self._in_thread(lambda: self._claim_now(most))
        self.held |= {job.id: job for job in claimed}
        groups: dict[tuple[object, ...], list[Job]] = {}
        for job in claimed:
            groups.setdefault(job.target_key, []).append(job)
        queue = list(groups.values())
        for start in range(0, len(queue), READ_BATCH):
            batch = [job for group in queue[start : start + READ_BATCH] for job in group]
            for work in await self._in_thread(lambda: self._prepare(batch)):  # noqa: B023
                self.ready.append(work)
            self._changed.set()
            self._start_lanes()
        return len(claimed)

    def _claim_now(self, most: int) -> list[Job]:
        now = timezone.now()
        resting = endpoints.resting_models(now)
        return jobs.claim(most, now, resting)

    def _prepare(self, batch: list[Job]) -> list[Work]:
        wanted = asking.wanted_by(batch)
        fates = {job.id: asking.fate(job, wanted) for job in batch}
        dropped = [job for job in batch if fates[job.id] is Fate.DROP]
        jobs.delete(dropped)
        for job in dropped:
            self.held.pop(job.id, None)
        for job in batch:
            if fates[job.id] is Fate.HOLD:
                self._release(job, HELD_UNTIL, is_refunded=True)
        judged = [job for job in batch if fates[job.id] is Fate.JUDGE]
        loaded = loading.load(judged)
        first: dict[tuple[object, ...], Work] = {}
        for job in judged:
            target = loaded[job.target_key]
            if target.trouble:
                self._end(job, failed(target.trouble))
                continue
            if not target.transcript.has_content:
                self._end(job, skipped(asking.NO_CONTENT[Scope(job.scope)]))
                continue
            work = Work(job, asking.ask_of(job, target, wanted))
            leader = first.setdefault(job.target_key, work)
            if leader is not work:
                leader.followers.append(work)
        return list(first.values())

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
        self.has_lost_slot = not slots.renew(self.slot, self.holder, now)

    def _learn(self) -> dict[str, Learned]:
        known = endpoints.known(timezone.now())
        self.health.start(known.resting, known.last_success)
        self._learned_before = known.learned
        return known.learned

    async def _leave(self) -> None:
        """Whatever happened, give back what can be given back."""
        for lane in list(self.lanes):
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
        for model, learned in self.judge.learned.items():
            if self._learned_before.get(model) != learned:
                endpoints.remember(model, learned, now)
        slots.give_back(self.slot, self.holder)

    async def _in_thread(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
