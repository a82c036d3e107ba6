"""The receiver's own connections, and what it does when the database does not answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from django.db import connections
from psycopg_pool import ConnectionPool, PoolTimeout

#: Waiting is over: to wait as long again would outlast the sender.
WAITED = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled, PoolTimeout)

T = TypeVar("T")

#: Longer than any write takes, shorter than a sender waits.
STATEMENT_TIMEOUT_MS = 20_000
LOCK_TIMEOUT_MS = 4_000
WAIT_S = 3.0
CONNECT_S = 5

#: The database cannot, now: it is down, full, restarting, read only, or chose us to die.
TROUBLE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    PoolTimeout,
)


class IngestPool:
    """Connections of this process, opened when the first one is needed."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._pool: ConnectionPool | None = None
        self._lock = threading.Lock()

    def run(self, work: Callable[[psycopg.Connection], T]) -> T:
        """Return the answer of `work` with a connection in autocommit mode; tried twice.

        A connection that died while it lay idle, and a deadlock, are not there the second
        time. Raises one of TROUBLE when the database cannot.
        """
        pool = self._opened()
        try:
            with pool.connection() as connection:
                return work(connection)
        except WAITED:
            raise
        except (psycopg.OperationalError, psycopg.InterfaceError):
            pool = self._opened()
            pool.check()
            with pool.connection() as connection:
                return work(connection)

    def close(self) -> None:
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    def _discard_in_thread(self, pool: ConnectionPool) -> None:
        """Close a pool that cannot connect, outside of its threads: the next call makes another."""
        threading.Thread(target=self._discard, args=[pool], name="discard", daemon=True).start()

    def _discard(self, pool: ConnectionPool) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.close()

    def _opened(self) -> ConnectionPool:
        with self._lock:
            if self._pool is None:
                self._pool = ConnectionPool(
                    kwargs=connection_words(),
                    configure=_bound,
                    min_size=1,
                    max_size=self._size,
                    timeout=WAIT_S,
                    # Else it tries ever less often, and senders wait although the server is back.
                    reconnect_timeout=0,
                    reconnect_failed=self._discard_in_thread,
                    name="ingest",
                    open=True,
                )
            return self._pool


def connection_words() -> dict[str, Any]:
    """Return psycopg's arguments for the database that Django uses."""
    given: dict[str, Any] = connections["default"].settings_dict
    words = {
        "dbname": given["NAME"],
        "user": given["USER"],
        "password": given["PASSWORD"],
        "host": given["HOST"],
        "port": given["PORT"],
    }
    options: dict[str, Any] = {"connect_timeout": CONNECT_S} | given["OPTIONS"]
    options.pop("pool", None)  # Django's own, for pages
    return {key: value for key, value in words.items() if value} | options | {"autocommit": True}


def _bound(connection: psycopg.Connection) -> None:
    connection.execute(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}")
    connection.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
