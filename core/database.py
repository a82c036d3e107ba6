"""The connection of the running thread, and giving it back."""

from __future__ import annotations

from django.db import connection


def release_connection() -> None:
    """Give the thread's connection back to the pool; the next query takes one again.

    For a request that goes on without the database, such as a file that somebody downloads
    slowly. Inside a transaction it does nothing.
    """
    if not connection.in_atomic_block:
        connection.close()
