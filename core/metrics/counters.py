"""Counters of what happens, summed over all processes of all machines.

Each process adds up in memory, and a thread of it adds that to the rows of the database every few
seconds: no process is scraped by itself, and none that ended is missed. Nothing is counted unless
METRICS_TOKEN is set. Label values come from the program, never from traffic or from people.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, transaction

from core import log_lines

logger = logging.getLogger(__name__)

FLUSH_EVERY_S: Final = 5.0
#: Values of a metric's labels, in the order of its names.
Values = tuple[str, ...]
Key = tuple[str, Values]

#: Rows in one order, so that two processes never wait for each other.
ADD = """
INSERT INTO core_countervalue AS kept (name, labels, value)
SELECT * FROM unnest(%s::text[], %s::text[], %s::float8[])
ON CONFLICT (name, labels) DO UPDATE SET value = kept.value + EXCLUDED.value
"""

registered: dict[str, Counter] = {}

_lock = threading.Lock()
_pending: defaultdict[Key, float] = defaultdict(float)
_thread_of = 0  # the process that has the thread


class Counter:
    """Something that only grows. `name` ends with _total; `labels`: what tells it apart."""

    kind = "counter"

    def __init__(self, name: str, help: str, labels: Iterable[str] = ()) -> None:
        self.name, self.help, self.labels = name, help, tuple(labels)
        assert name not in registered, name
        registered[name] = self

    def add(self, amount: float = 1, **labels: str) -> None:
        """Count, with a value for each of the labels."""
        if settings.METRICS_TOKEN:
            _add([((self.name, tuple(labels[name] for name in self.labels)), amount)])


class Histogram(Counter):
    """How long something took, in seconds, by the buckets' upper bounds."""

    kind = "histogram"

    def __init__(self, name: str, help: str, bounds: Iterable[float]) -> None:
        super().__init__(name, help)
        self.bounds = tuple(bounds)

    def observe(self, seconds: float) -> None:
        """Count one that took so long."""
        bound = next((f"{each:g}" for each in self.bounds if seconds <= each), "+Inf")
        if settings.METRICS_TOKEN:
            _add([((self.name, (bound,)), 1.0), ((self.name, ("sum",)), seconds)])


def _add(amounts: Iterable[tuple[Key, float]]) -> None:
    with _lock:
        for key, amount in amounts:
            _pending[key] += amount
    _ensure_thread()


def flush() -> None:
    """Add to the database what this process has counted since the last time."""
    with _lock:
        taken = dict(_pending)
        _pending.clear()
    rows = sorted((name, "\n".join(values), amount) for (name, values), amount in taken.items())
    if not rows:
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ADD, [list(column) for column in zip(*rows, strict=True)])
    except Exception:
        with _lock:
            for key, amount in taken.items():
                _pending[key] += amount
        raise


def stored() -> Mapping[Key, float]:
    """Return all that was counted, by name and label values."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, labels, value FROM core_countervalue")
        return {(n, tuple(labels.split("\n")) if labels else ()): v for n, labels, v in cursor}


def _ensure_thread() -> None:
    global _thread_of
    if _thread_of != os.getpid():
        _thread_of = os.getpid()
        threading.Thread(target=_flush_for_ever, name="counters", daemon=True).start()


def _flush_for_ever() -> None:
    while True:
        time.sleep(FLUSH_EVERY_S)
        try:
            flush()
        except (DatabaseError, InterfaceError) as error:
            log_lines.write(logger, logging.WARNING, "counters not kept yet", reason=error)
        finally:
            connection.close()


def _begin_anew() -> None:
    """Forget, in a forked process, what its parent has counted and will write itself."""
    global _lock
    _lock = threading.Lock()
    _pending.clear()


os.register_at_fork(after_in_child=_begin_anew)
