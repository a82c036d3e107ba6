"""Messages that are read once, however often a conversation repeats them.

Every model call sends the whole history again. Within `remembered()` a message object that is
equal to one before, to the last character of its JSON, is not read again: its messages are the
same objects as before, so that they can be compared by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import orjson

from traces.records import Message

#: The default role, the depth, and the JSON of the message object.
Key = tuple[str, int, bytes]
Read = Callable[[dict[str, Any], str, int], list[Message]]

_known: ContextVar[dict[Key, list[Message]] | None] = ContextVar("known_messages", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """Read equal message objects once, until the end of this block."""
    token = _known.set({} if (known := _known.get()) is None else known)
    try:
        yield
    finally:
        _known.reset(token)


def read_once(item: dict[str, Any], role: str, depth: int, read: Read) -> list[Message]:
    """Return what `read` makes of a message object; what it made before, of an equal one."""
    known = _known.get()
    if known is None:
        return read(item, role, depth)
    try:
        key = role, depth, orjson.dumps(item)
    except (TypeError, ValueError, RecursionError):
        return read(item, role, depth)
    messages = known.get(key)
    if messages is None:
        messages = known[key] = read(item, role, depth)
    return messages
