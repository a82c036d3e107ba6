"""What a conversation repeats is decoded and read once, however often it is sent.

Every model call sends the whole history again. Within `remembered()`

1. a list of objects in JSON text that begins as an earlier one did is decoded from there on: what
   both share are the same objects;
2. a message object that is equal to one before, to the last character of its JSON, is not read
   again: its messages are the same objects as before, so that they can be compared by identity.

Whoever gets such objects must not change them.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from traces.records import Message

#: The default role, the depth, and the JSON of the message object.
Key = tuple[str, int, bytes]
Read = Callable[[dict[str, Any], str, int], list[Message]]

#: Shorter texts are decoded as fast as they are compared.
_LEAST_CHARS: Final = 4_000
#: Texts that begin alike are taken for one history; so many histories are remembered.
_BEGINNING_CHARS: Final = 200
_MOST_HISTORIES: Final = 8
_BETWEEN_ITEMS: Final = ", \n\r\t"
_scan = json.JSONDecoder().raw_decode


@dataclass(slots=True)
class _History:
    """A list as JSON text, decoded; `ends` are the places behind its items, as far as known."""

    text: str
    items: list[Any]
    ends: list[int] = field(default_factory=list)

    def followed_by(self, text: str) -> _History | None:
        """Return the history of a text that begins with items of this one and shares half of it;
        None where it does not. Raises ValueError for what is no JSON."""
        if not text.startswith(self.text[: len(self.text) // 2]):
            return None
        self._find_ends()
        shared = bisect_left(self.ends, True, key=lambda end: not text.startswith(self.text[:end]))
        if not shared:
            return None
        rest = text[self.ends[shared - 1] :].lstrip()
        items: list[Any] = []
        if rest != "]":
            items = orjson.loads("[" + rest[1:]) if rest.startswith(",") else []
            if not items:
                return None
        return _History(text, self.items[:shared] + items, self.ends[:shared])

    def _find_ends(self) -> None:
        place = self.ends[-1] if self.ends else 1
        while len(self.ends) < len(self.items):
            while self.text[place] in _BETWEEN_ITEMS:
                place += 1
            place = _scan(self.text, place)[1]
            self.ends.append(place)


@dataclass(slots=True)
class _Memory:
    histories: dict[str, _History] = field(default_factory=dict)  # by how their text begins
    messages: dict[Key, list[Message]] = field(default_factory=dict)


_memory: ContextVar[_Memory | None] = ContextVar("repeated_messages", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """Decode and read what is repeated once, until the end of this block."""
    token = _memory.set(_memory.get() or _Memory())
    try:
        yield
    finally:
        _memory.reset(token)


def loads(text: str) -> Any:
    """Return the value of a JSON text, which begins with its first letter. Raises ValueError for
    what is no JSON."""
    memory = _memory.get()
    if memory is None or len(text) < _LEAST_CHARS or text[0] != "[":
        return orjson.loads(text)
    beginning = text[:_BEGINNING_CHARS]
    before = memory.histories.pop(beginning, None)
    history = _followed_by(before, text) if before else None
    if history is None:
        history = _History(text, orjson.loads(text))
    if len(memory.histories) >= _MOST_HISTORIES:
        del memory.histories[next(iter(memory.histories))]
    memory.histories[beginning] = history
    return history.items


def _followed_by(history: _History, text: str) -> _History | None:
    try:
        return history.followed_by(text)
    except (ValueError, IndexError, RecursionError):
        return None  # the whole text is decoded, and says itself what is wrong with it


def read_once(item: dict[str, Any], role: str, depth: int, read: Read) -> list[Message]:
    """Return what `read` makes of a message object; what it made before, of an equal one."""
    memory = _memory.get()
    if memory is None:
        return read(item, role, depth)
    try:
        key = role, depth, orjson.dumps(item)
    except (TypeError, ValueError, RecursionError):
        return read(item, role, depth)
    messages = memory.messages.get(key)
    if messages is None:
        messages = memory.messages[key] = read(item, role, depth)
    return messages
