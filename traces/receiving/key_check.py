"""Where a request shows its key, before anything of its body is read.

Keys that nobody remembers are looked up in the database by one thread with a connection of its
own, all that wait in one question: a thousand made-up keys cost a few queries and delay nobody.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import psycopg

from traces.receiving.keys import Entry, KeyRing, checked
from traces.receiving.pool import IngestPool

#: Keys in one question.
MAX_ASKED = 1_000

Found = Entry | None | Exception


class KeyDesk:
    """One a process. `entry` is for one event loop at a time."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._pool = IngestPool(1)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._waiting: dict[str, asyncio.Future[Found]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def entry(self, secret: str | None) -> Entry:
        """Return what the key opens. Raises NoEntry, or one of pool.TROUBLE."""
        known = self._ring.remembered(secret)
        if known is not None or secret is None:
            return checked(known)
        future = self._waiting.get(secret)
        if future is None:
            future = self._waiting[secret] = asyncio.get_running_loop().create_future()
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        answer = await asyncio.shield(future)
        if isinstance(answer, Exception):
            raise answer
        return checked(answer)

    def close(self) -> None:
        self._thread.shutdown()
        self._pool.close()

    async def _ask(self) -> None:
        """Ask until nobody waits."""
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                secrets = list(self._waiting)[:MAX_ASKED]
                futures = [self._waiting[secret] for secret in secrets]
                answers = await loop.run_in_executor(self._thread, self._look_up, secrets)
                for secret, future in zip(secrets, futures, strict=True):
                    self._waiting.pop(secret, None)
                    if not future.done():
                        future.set_result(answers[secret])
        finally:
            self._waiting.clear()
            self._asking = None

    def _look_up(self, secrets: list[str]) -> dict[str, Found]:
        def work(connection: psycopg.Connection) -> dict[str, Found]:
            return dict(self._ring.look_up_all(connection, secrets))

        try:
            return self._pool.run(work)
        except Exception as error:
            return dict.fromkeys(secrets, error)
