"""The one door to the queue: ids and plain values go in, in the caller's transaction.

With django-q2's ORM broker the queue row is written by the caller's own
connection, so it commits or rolls back with the caller's write.
"""

from __future__ import annotations

from datetime import datetime

from django_q.models import OrmQ
from django_q.tasks import async_task

Plain = int | float | str | bool | None


def enqueue(task: str, *args: Plain, cluster: str | None = None) -> None:
    """Queue the function at dotted path `task`; `cluster` is None (ticks) or "judge"."""
    for value in args:
        if not isinstance(value, (int, float, str, bool, type(None))):
            raise TypeError(f"the queue takes plain values only, not {type(value).__name__}")
    async_task(task, *args, cluster=cluster)


def give_back(cluster: str, at: datetime) -> int:
    """What a killed cluster had taken may be taken again at `at`, not only after `retry`.

    Where several machines share the queue, what another one is working on runs twice:
    every task must stand that. Returns how many.
    """
    return int(OrmQ.objects.filter(key=cluster, lock__gt=at).update(lock=at))
