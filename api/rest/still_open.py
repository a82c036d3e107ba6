"""A request that takes long looks again whether its caller may still do what it does.

A key that is revoked, or a member who is removed, is refused at the door from that moment on; an
export of an hour that began before would go on.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.utils import timezone

from api.rest.callers import Caller
from teams import access
from teams.keys import UNKNOWN, NoEntry, why_closed
from teams.models import ApiKey

Part = TypeVar("Part")

LOOK_EVERY_S = 0.8


class StillOpen:
    """Of one request."""

    def __init__(self, caller: Caller, writes: bool) -> None:
        self._caller, self._writes = caller, writes
        self._next_at = time.monotonic() + LOOK_EVERY_S

    def look(self, *_done: object) -> None:
        """Ask the database, unless that was just done. Raises NoEntry, Http404 and PermissionDenied
        for a caller who would not be let in now."""
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + LOOK_EVERY_S
        caller = self._caller
        if caller.key is None:
            assert caller.user is not None
            access.project_for(caller.user, caller.project.slug, self._writes)
            return
        key = ApiKey.objects.filter(pk=caller.key.pk).select_related("project").first()
        if key is None:
            raise NoEntry(UNKNOWN)
        if why := why_closed(key.revoked_at is not None, key.expires_at, timezone.now()):
            raise NoEntry(why)
        access.project_of(key, self._writes)

    def while_open(self, parts: Iterable[Part]) -> Iterator[Part]:
        """Yield the parts of an answer until the caller may no longer have them; then the answer
        breaks off, and its reader sees that it is not whole."""
        for part in parts:
            self.look()
            yield part
