"""Who acts at this moment, and through which door: set by the doors, read by whatever keeps it.

A request sets it for itself alone. A process that nobody asks (the worker, a command) says once
what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Door(StrEnum):
    """What somebody came in by."""

    PAGE = "page"
    ADMIN = "admin"
    REST = "rest"
    CLI = "cli"
    MCP = "mcp"
    INF = "inf"
    COMMAND = "command"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Acting:
    """Whoever acts. One of user and key is there, or neither where Signals acts by itself.

    program: what acts for the person or the key, as it calls itself; for a command its name.
    """

    door: Door
    user_id: int | None = None
    email: str = ""
    key_uuid: str = ""
    key_name: str = ""
    address: str = ""
    program: str = ""


NOBODY = Acting(Door.COMMAND)
#: Read by `teams.audit`. What no door has set acts by itself.
who_acts: ContextVar[Acting] = ContextVar("who_acts", default=NOBODY)


@contextmanager
def acting_as(acting: Acting) -> Iterator[None]:
    """Say who acts until the block ends."""
    token = who_acts.set(acting)
    try:
        yield
    finally:
        who_acts.reset(token)


@contextmanager
def acting_with(**changes: Any) -> Iterator[None]:
    """Say more of who acts than the door knew (a person who has just signed in), for a block."""
    with acting_as(replace(who_acts.get(), **changes)):
        yield


def became(**changes: Any) -> None:
    """Say more of who acts, for the rest of a request that WhoActsMiddleware has begun."""
    who_acts.set(replace(who_acts.get(), **changes))


def be(door: Door, program: str = "") -> None:
    """Say of this whole process what it is."""
    who_acts.set(Acting(door, program=program))
