"""A limit on how long a page waits for the database: it answers with a sentence instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class TookTooLong(Exception):
    """The statement was cancelled; nothing is known of what it would have found."""


@contextmanager
def at_most(milliseconds: int) -> Iterator[None]:
    """Statements inside are cancelled after so long, each for itself. Raises TookTooLong."""
    try:
        with transaction.atomic():
            _limit(f"{int(milliseconds)}ms")
            yield
            _limit("DEFAULT")  # an outer transaction goes on without the limit
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TookTooLong from error
        raise


def _limit(value: str) -> None:
    with connection.cursor() as cursor:
        quoted = value if value == "DEFAULT" else f"'{value}'"
        cursor.execute(f"SET LOCAL statement_timeout = {quoted}")
