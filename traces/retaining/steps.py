"""What lets something old go, a little at a time.

Later apps enter what they keep by their module `old_labels`, which `TracesConfig` finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from traces.retaining.periods import Kept


@dataclass(frozen=True, slots=True)
class Old:
    """count: how much is too old; oldest: since when it is there, None with nothing."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """gone: how much went; cursor: where to go on, "" at the end."""

    gone: int
    cursor: str


class Letting(Protocol):
    def old(self, project_id: int, cutoff: datetime) -> Old:
        """Return what is older than `cutoff`."""
        ...

    def step(self, project_id: int, cutoff: datetime, cursor: str, now: datetime) -> Step:
        """Let some of it go, in a transaction of its own, from where `cursor` says."""
        ...


_lettings: dict[Kept, Letting] = {}


def register(kept: Kept, letting: Letting) -> None:
    _lettings[kept] = letting


def of(kept: Kept) -> Letting:
    return _lettings[kept]
