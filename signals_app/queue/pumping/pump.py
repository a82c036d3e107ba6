"""One pump: claims jobs, keeps a window of questions under way, writes what came of them.

It runs for some minutes and leaves; who queues it again is `tasks`. The event loop
only ever talks to the judge; whatever touches the database runs in one thread with a
connection of its own, so nothing is locked while the judge thinks.

What becomes of a job, from `judge_job` back to it or to a classification:

1. `_claim` takes it with a lease, reads its target, and puts it among those that are ready, behind
   a job that asks about the same target, if there is one.
2. The room of its endpoint (room.py) takes the next that may start (lanes.py), while there are
   lanes (`Pace`).
3. It asks. A ruling is an end (`_end`). A failure is tried later (`_again`): it waits longer
   each time, behind fresh work, and is an end after JUDGE_MAX_ATTEMPTS, unless nobody was answered
   since the job was queued: then it may be the endpoint's failure, and the target waits on.
4. `_flush` writes all of this five times a second, in one transaction fenced by the lease.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from core import log_lines
from core.background import long_tasks
from signals_app.judging import judge_in_use
from signals_app.judging.endpoint import Endpoint
from signals_app.judging.model_server import endpoints
from signals_app.judging.model_server.endpoints import Known
from signals_app.models import JudgeEndpoint
from signals_app.queue import avoiding, jobs, slots
from signals_app.queue.jobs import HELD_UNTIL, Avoided, Job, Release
from signals_app.queue.preparing import Prepared, prepare
from signals_app.queue.pumping import endpoint_tests
from signals_app.queue.pumping.endpoint_tests import EndpointTests
from signals_app.queue.pumping.findings import Findings
from signals_app.queue.pumping.lanes import Work
from signals_app.queue.pumping.room import Room

log = logging.getLogger(__name__)
Result = TypeVar("Result")

#: How long nothing may come before the pump leaves.
LINGER_S = 2.0
IDLE_STEP_S = 0.25
WRITE_STEP_S = 0.2
#: Jobs of judges that a pump has not asked yet, at a time.
FEWEST = 4
#: How often a pump looks what people have changed.
LOOK_STEP_S = 1.0
#: Requests that are still under way after the budget may take this much longer than their
#: own time limit; when the whole worker is to stop, this long at all.
GRACE_S = 5.0
#: Targets read at a time: more would keep the thread from writing for too long.
READ_BATCH = 16


class Pump:
    """slot, holder: the place that this pump has taken, and by whom."""

    def __init__(self, slot: int, holder: UUID, budget_s: float) -> None:
        self.slot, self.holder = slot, holder
        self.ends_at = time.monotonic() + budget_s
        self.held: dict[int, Job] = {}  # claimed, and nothing written about it yet
        self.findings = Findings()
        self.rooms: dict[int, Room] = {}  # by the id of the endpoint
        self.left: list[Room] = []  # of endpoints that changed: only their questions still end
        self.tests = EndpointTests()
        self.is_dry = False  # the last claim found nothing
        self.has_lost_slot = False
        self.written = 0
        self.has_others = False  # than the environment's judge
        self._claimed_at = 0.0
        self._changed = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pump")

    async def run(self) -> int:
        """Returns how many classifications it wrote."""
        try:
            environment = judge_in_use.environment()
            self._open(environment, await self._in_thread(lambda: self._known(environment)))
            async with asyncio.TaskGroup() as group:
                keepers = [
                    group.create_task(self._keep_alive()),
                    group.create_task(self._write()),
                    group.create_task(self._look_around()),
                ]
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
        return time.monotonic() >= self.ends_at and not self._only_waits()

    def _only_waits(self) -> bool:
        """Say whether questions that began before the end hang, while others are answered quickly:
        the pump would leave, but nobody needs to wait with it."""
        rooms = list(self.rooms.values())
        hangs = any(room.lanes.hangs_since(self.ends_at) for room in rooms)
        return hangs and any(room.lanes.is_quick for room in rooms)

    def _known(self, endpoint: Endpoint) -> Known:
        return endpoints.known(timezone.now(), endpoint)

    def _open(self, endpoint: Endpoint, known: Known) -> Room:
        """Open the room of an endpoint; one of an earlier revision is left."""
        if earlier := self.rooms.pop(endpoint.id, None):
            self._shut(earlier)
        judge = judge_in_use.open_judge(endpoint, known.learned)
        share = slots.share(self.slot, endpoint.concurrency)
        room = Room(endpoint, share, judge, known, self.findings, self._lane_ended)
        self.rooms[endpoint.id] = room
        return room

    def _shut(self, room: Room) -> None:
        """Ask nothing more there; what is under way may end."""
        room.give_back_ready()
        room.clear_suspects()
        self.left.append(room)

    async def _feed(self) -> None:
        """Claim and start until the time is over or nothing has come for a while."""
        last_work = time.monotonic()
        claiming: asyncio.Task[int] | None = None
        while not self.is_over:
            for room in list(self.rooms.values()):
                room.start_lanes()
            if claiming is None and self._may_claim():
                claiming = asyncio.create_task(self._claim())
            if self._is_busy or self._is_rest_short():
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
                if self.is_dry and not self._is_asking:
                    await asyncio.sleep(IDLE_STEP_S)
        if claiming:
            await claiming

    @property
    def _is_busy(self) -> bool:
        return any(room.lanes for room in self._all_rooms) or bool(self.tests)

    @property
    def _is_asking(self) -> bool:
        return any(room.lanes.under_way for room in self._all_rooms)

    @property
    def _all_rooms(self) -> list[Room]:
        return [*self.rooms.values(), *self.left]

    def _is_rest_short(self) -> bool:
        """Say whether an endpoint rests and will be back while this pump is still here."""
        left_s, now = self.ends_at - time.monotonic(), timezone.now()
        return any(room.health.is_back_within(left_s, now) for room in self.rooms.values())

    def _may_claim(self) -> bool:
        """While some room wants more; where nothing was found the last time, only for rooms with a
        free lane, and now and then. Judges that have no room yet may always have work."""
        rooms = self.rooms.values()
        if not self.is_dry and any(room.may_take() for room in rooms):
            return True
        if time.monotonic() - self._claimed_at < IDLE_STEP_S:
            return False
        return self.has_others or any(room.has_room() and room.may_take() for room in rooms)

    def _lane_ended(self, room: Room) -> None:
        if room in self.left:
            return
        if not self.is_over:
            room.start_lanes()  # at once: waking the feeder costs more than starting
        if not room.lanes.ready or self._may_claim():
            self._changed.set()

    async def _finish(self) -> None:
        """Give back what was not started, and wait for what was."""
        for room in self.rooms.values():
            room.give_back_ready()
        longest_s = max(room.endpoint.timeout_s for room in self._all_rooms)
        ends_at = time.monotonic() + longest_s + GRACE_S
        while (self._is_asking or self.tests) and time.monotonic() < ends_at:
            if not long_tasks.may_go_on():
                ends_at = min(ends_at, time.monotonic() + GRACE_S)
            under_way = {task for room in self._all_rooms for task in room.lanes.under_way}
            await asyncio.wait(under_way | self.tests.under_way, timeout=IDLE_STEP_S)
            for room in self._all_rooms:
                room.give_back_ready()
        for room in self._all_rooms:
            room.cancel()
            room.clear_suspects()

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(WRITE_STEP_S)
            await self._flush()

    async def _flush(self) -> None:
        while self.findings:
            findings = self.findings.take()
            await self._in_thread(lambda: self._put(findings))  # noqa: B023 - awaited at once
            for job in findings.jobs:
                self.held.pop(job.id, None)

    def _put(self, findings: Findings) -> None:
        self.written += findings.write(timezone.now())

    async def _look_around(self) -> None:
        """See what people have changed: other settings of a judge, and judges to be tested."""
        while True:
            current = await self._in_thread(_revisions)
            self.has_others = bool(current)
            for pk in [pk for pk in self.rooms if pk > 0]:
                if current.get(pk) != self.rooms[pk].endpoint.revision:
                    self._shut(self.rooms.pop(pk))
            for room in [room for room in self.left if not room.lanes.under_way]:
                self.left.remove(room)
                await room.judge.close()
            self.tests.start(await self._in_thread(endpoint_tests.take), self._in_thread)
            self._changed.set()
            await asyncio.sleep(LOOK_STEP_S)

    async def _claim(self) -> int:
        """Claim, read and line up; returns how many jobs there were."""
        rooms = list(self.rooms.values())
        most = max((room.may_take() for room in rooms), default=0)
        avoided = [each for room in rooms for each in room.avoided()]
        self._claimed_at = time.monotonic()
        claimed = await self._in_thread(lambda: self._claim_now(max(most, FEWEST), avoided))
        self.held |= {job.id: job for job in claimed}
        groups: dict[tuple[object, ...], list[Job]] = {}
        for job in claimed:
            groups.setdefault(job.target_key, []).append(job)
        queue = list(groups.values())
        for start in range(0, len(queue), READ_BATCH):
            batch = [job for group in queue[start : start + READ_BATCH] for job in group]
            prepared = await self._in_thread(lambda: self._prepare(batch))  # noqa: B023
            self._put_aside(prepared)
            await self._line_up(prepared.works)
            self._changed.set()
        return len(claimed)

    def _claim_now(self, most: int, avoided: list[Avoided]) -> list[Job]:
        now = timezone.now()
        return jobs.claim(most, now, [*avoiding.always(now, self.slot), *avoided])

    def _prepare(self, batch: list[Job]) -> Prepared:
        prepared = prepare(batch)
        jobs.delete(prepared.dropped)
        return prepared

    def _put_aside(self, prepared: Prepared) -> None:
        """Take what needs no asking."""
        for job in prepared.dropped:
            self.held.pop(job.id, None)
        on_hold = [Release(job, HELD_UNTIL, is_refunded=True) for job in prepared.on_hold]
        self.findings.released += on_hold
        self.findings.done += prepared.done

    async def _line_up(self, works: list[Work]) -> None:
        """Give each to the room of its endpoint, in the revision that it has now."""
        of_endpoint: dict[Endpoint, list[Work]] = {}
        for work in works:
            of_endpoint.setdefault(work.endpoint, []).append(work)
        for endpoint, its in of_endpoint.items():
            room = self.rooms.get(endpoint.id)
            if room is None or room.endpoint.revision < endpoint.revision:
                known = await self._in_thread(lambda: self._known(endpoint))  # noqa: B023
                room = self._open(endpoint, known)
            room.join(its)
            room.start_lanes()

    async def _keep_alive(self) -> None:
        """Renew what is held; what was lost is judged by somebody else by now."""
        step_s = min(settings.JUDGE_LEASE_S, slots.LEASE_S) / 3
        while True:
            await asyncio.sleep(step_s)
            held, rooms = list(self.held.values()), list(self.rooms.values())
            await self._in_thread(lambda: self._renew(held, rooms))  # noqa: B023 - awaited at once

    def _renew(self, held: list[Job], rooms: list[Room]) -> None:
        now = timezone.now()
        jobs.renew(held, now)
        if not self.has_lost_slot and not slots.renew(self.slot, self.holder, now):
            self.has_lost_slot = True
            log_lines.note(log, logging.WARNING, "lease of a pump lost", slot=self.slot)
        for room in rooms:
            room.hear(now)

    async def _leave(self) -> None:
        """Whatever happened, give back what can be given back."""
        for lane in [lane for room in self._all_rooms for lane in room.lanes.under_way]:
            lane.cancel()
        self.tests.cancel()
        try:
            for room in self._all_rooms:
                await room.judge.close()
            await self._in_thread(self._give_back_all)
        finally:
            await self._in_thread(lambda: connection.close())  # the thread's own
            self._thread.shutdown()

    def _give_back_all(self) -> None:
        now = timezone.now()
        jobs.release([Release(job, now, is_refunded=True) for job in self.held.values()])
        for room in self._all_rooms:
            room.remember(now)
        slots.give_back(self.slot, self.holder)

    async def _in_thread(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


def _revisions() -> dict[int, int]:
    """Return the revision of each judge of a project that may be asked."""
    rows = JudgeEndpoint.objects.filter(archived_at=None)
    return dict(rows.values_list("pk", "revision"))
