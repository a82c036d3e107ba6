"""The one door to the queue: ids and plain values go in, in the caller's transaction.

With django-q2's ORM broker the queue row is written by the caller's own
connection, so it commits or rolls back with the caller's write.
"""

from __future__ import annotations

from django_q.tasks import async_task

Plain = int | float | str | bool | None


def enqueue(task: str, *args: Plain, cluster: str | None = None) -> None:
    """Queue the function at dotted path `task`; `cluster` is None (ticks) or "judge"."""
    for value in args:
        if not isinstance(value, (int, float, str, bool, type(None))):
            raise TypeError(f"the queue takes plain values only, not {type(value).__name__}")
    async_task(task, *args, cluster=cluster)
