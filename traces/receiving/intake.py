"""The way of one request into the database, whichever protocol brought it.

First its key is checked (`entry`), from the headers alone. Then its body arrives (`take`), within
a time and within the room that unfinished bodies have; slow senders hold nothing else. Only a
whole body waits for one of the few threads that decode and write.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from traces.receiving import answers
from traces.receiving.answers import Answer
from traces.receiving.key_check import KeyDesk
from traces.receiving.keys import Entry, KeyRing
from traces.receiving.request_body import TooLarge
from traces.receiving.storing import TOO_BUSY, Sent, Store
from traces.receiving.unfinished_bodies import LEAST, NoRoom, Place, Room
from traces.records import Decoded

#: Threads that decode and write; each holds a connection while it works.
THREADS = 4
#: Requests that may wait for a thread, and for how long; then the sender comes back later.
MAX_WAITING = 256
MAX_WAIT_S = 5.0
#: A sender has this long for its body.
BODY_S = 30.0
#: What all bodies of this process may hold, unless four of the largest need more.
ROOM_BYTES = 256 * 1024 * 1024
#: How long room is waited for before somebody gives way, and how often is looked.
ROOM_WAIT_S = 1.0
LOOK_EVERY_S = 0.02

SLOW = "The body did not arrive in time: nothing was stored, send the batch again."


class Intake:
    """One a process."""

    def __init__(
        self, threads: int = THREADS, max_waiting: int = MAX_WAITING, max_wait_s: float = MAX_WAIT_S
    ) -> None:
        ring = KeyRing()
        self._desk = KeyDesk(ring)
        self._store = Store(ring, threads, max_wait_s)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="ingest")
        self._free = asyncio.Semaphore(threads)
        self._room = Room(max(ROOM_BYTES, 4 * settings.INGEST_MAX_BYTES))
        self._waiting = 0
        self._max_waiting = max_waiting
        self._max_wait_s = max_wait_s

    def close(self) -> None:
        self._threads.shutdown()
        self._desk.close()
        self._store.close()

    @property
    def is_full(self) -> bool:
        return self._waiting >= self._max_waiting

    async def entry(self, secret: str | None) -> Entry:
        """Return what a key opens. Raises NoEntry, or one of pool.TROUBLE."""
        return await self._desk.entry(secret)

    def trouble(self, error: Exception, content_type: str) -> Answer:
        return self._store.trouble(error, content_type)

    async def take(
        self, entry: Entry, sent: Sent, pieces: AsyncIterator[bytes], first: int = 0
    ) -> Answer:
        """Read the body and store it. Raises request_body.TooLarge while more is coming.

        first: bytes that the first piece may have. Room is held for them before it is asked for,
        after waiting a moment for others to finish theirs.
        """
        kind = sent.content_type
        deadline = asyncio.timeout(BODY_S)
        try:
            await self._wait_for_room(first)
            with self._room.place(entry.key_id, deadline, first) as place:
                async with deadline:
                    body = await self._whole(place, pieces, keep=sent.signal != "metrics")
                self._room.finished(place)
                if sent.signal == "metrics":
                    return answers.accepted(Decoded([]), kind, sent.signal)
                return await self._in_turn(entry, sent, body)
        except TimeoutError:
            return answers.refused(503, SLOW, kind, {"retry-after": "1", "connection": "close"})
        except NoRoom:
            return answers.busy(TOO_BUSY, kind, 1)

    async def _wait_for_room(self, size: int) -> None:
        """Wait until there is room, or until whoever holds the most shall give way."""
        gives_way_at = time.monotonic() + ROOM_WAIT_S
        while size > LEAST and not self._room.has(size):
            if time.monotonic() > gives_way_at:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _whole(self, place: Place, pieces: AsyncIterator[bytes], keep: bool) -> bytes:
        limit, size = settings.INGEST_MAX_BYTES, 0
        received: list[bytes] = []
        async for piece in pieces:
            size += len(piece)
            if size > limit:
                raise TooLarge
            if keep:
                self._room.received(place, len(piece))
                received.append(piece)
        return received[0] if len(received) == 1 else b"".join(received)

    async def _in_turn(self, entry: Entry, sent: Sent, body: bytes) -> Answer:
        if self.is_full:
            return answers.busy(TOO_BUSY, sent.content_type, 1)
        self._waiting += 1
        try:
            try:
                await asyncio.wait_for(self._free.acquire(), self._max_wait_s)
            except TimeoutError:
                return answers.busy(TOO_BUSY, sent.content_type, 1)
            try:
                loop = asyncio.get_running_loop()
                # With the request's id, so that lines of the log bear it.
                store = contextvars.copy_context().run
                return await loop.run_in_executor(
                    self._threads, store, self._store.store, entry, sent, body
                )
            finally:
                self._free.release()
        finally:
            self._waiting -= 1
