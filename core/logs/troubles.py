"""Which errors are one trouble of the machine, however many requests and loops meet it. Pure."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from typing import Final

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout

DATABASE_AWAY: Final = "database away"
DISK_FULL: Final = "disk full"

#: Classes of SQLSTATE: connection, resources, an operator's or a crash's shutdown.
_AWAY = ("08", "53", "57P")
_FULL_ERRNO = (errno.ENOSPC, errno.EDQUOT)
#: How errors look that reach the log as text alone, as django-q2 passes them on.
_AWAY_WORDS = ("OperationalError: connection", "OperationalError: the connection", "PoolTimeout: ")
_FULL_WORDS = ("No space left on device", "DiskFull: ")


def of_error(error: BaseException | None) -> str:
    """Name the trouble that an error, or what it came from, stands for; "" for any other error."""
    named = [_of_one(each) for each in _chain(error)]
    return DISK_FULL if DISK_FULL in named else next(filter(None, named), "")


def of_record(record: logging.LogRecord) -> str:
    """Name the trouble that a line is about: by its traceback, an error in its arguments or facts,
    or its text."""
    facts = getattr(record, "facts", {})
    given = record.args if isinstance(record.args, tuple) else ()
    errors = [record.exc_info[1]] if record.exc_info else []
    errors += [each for each in (*given, *facts.values()) if isinstance(each, BaseException)]
    named = next(filter(None, map(of_error, errors)), "")
    return named or _of_text(record.getMessage())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _of_one(error: BaseException) -> str:
    if isinstance(error, psycopg.errors.DiskFull) or any(w in str(error) for w in _FULL_WORDS):
        return DISK_FULL
    if isinstance(error, OSError) and error.errno in _FULL_ERRNO:
        return DISK_FULL
    if isinstance(error, PoolTimeout | PoolClosed):
        return DATABASE_AWAY
    if isinstance(error, psycopg.InterfaceError):
        return DATABASE_AWAY
    if isinstance(error, psycopg.OperationalError):
        state = error.sqlstate
        # Without one the server was not reached, or went away in the middle.
        return DATABASE_AWAY if state is None or state.startswith(_AWAY) else ""
    return ""


def _of_text(text: str) -> str:
    if any(words in text for words in _FULL_WORDS):
        return DISK_FULL
    return DATABASE_AWAY if any(words in text for words in _AWAY_WORDS) else ""
