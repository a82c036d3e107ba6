"""The bodies that have not arrived whole: how much they may hold together, and who gives way.

A slow sender holds its place here and nothing else. When there is no room for one more, the key
whose bodies hold the most gives up its oldest unfinished one: whoever opens a thousand slow
requests crowds out its own, and a sender that is quick is always served.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: What a body counts for at least, in bytes: its connection and its task are not free.
LEAST = 128 * 1024


class NoRoom(Exception):
    """All that is held has arrived whole and waits for its turn."""


@dataclass(eq=False, slots=True)
class Place:
    """One body on its way in. `deadline` ends the reading of it."""

    key_id: int
    deadline: asyncio.Timeout
    size: int = LEAST
    received: int = 0


@dataclass(eq=False, slots=True)
class _Held:
    """What one key holds: its unfinished bodies, oldest first, and the size of all of its."""

    size: int = 0
    unfinished: dict[Place, None] = field(default_factory=dict)


class Room:
    """The bodies of one process; `size` is in bytes. For one event loop."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._keys: dict[int, _Held] = {}

    @contextmanager
    def place(self, key_id: int, deadline: asyncio.Timeout, size: int = LEAST) -> Iterator[Place]:
        """Hold a place until the body is stored. Raises NoRoom when nobody can give way.

        size: what the body holds before it is received, in bytes.
        """
        place = Place(key_id, deadline, max(size, LEAST))
        held = self._keys.setdefault(key_id, _Held())
        held.unfinished[place] = None
        try:
            self._take(place, place.size)
            yield place
        finally:
            held.unfinished.pop(place, None)
            self._free += place.size
            held.size -= place.size
            if not held.size:
                self._keys.pop(key_id, None)

    def received(self, place: Place, size: int) -> None:
        """Count bytes of a body. Raises NoRoom when nobody can give way to them."""
        place.received += size
        more = place.received - place.size
        if more > 0:
            place.size += more
            self._take(place, more)

    def finished(self, place: Place) -> None:
        """Keep the place of a body that has arrived: it does not give way any more.

        It holds what was received from now on, if it was given more.
        """
        held = self._keys[place.key_id]
        held.unfinished.pop(place, None)
        spare = place.size - max(place.received, LEAST)
        place.size -= spare
        held.size -= spare
        self._free += spare

    def has(self, size: int) -> bool:
        """Say whether a body of that size finds room without anybody giving way."""
        return self._free >= size

    def _take(self, place: Place, size: int) -> None:
        self._free -= size
        self._keys[place.key_id].size += size
        if self._free < 0:
            self._make_room(place)

    def _make_room(self, place: Place) -> None:
        waiting = (held for held in self._keys.values() if held.unfinished)
        heaviest = max(waiting, key=lambda held: held.size, default=None)
        oldest = next(iter(heaviest.unfinished)) if heaviest else place
        if heaviest is None or oldest is place:
            raise NoRoom
        del heaviest.unfinished[oldest]
        if not oldest.deadline.expired():
            oldest.deadline.reschedule(asyncio.get_running_loop().time())
