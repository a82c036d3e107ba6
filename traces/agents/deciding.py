"""Which agents of one name are one agent, by the ids that were seen: pure.

Versions before this one made an agent of every id. An id that was drawn by a program, and did not
stay, is no identity: what stands under it belongs to the name. So do ids that only count up, one
for each run. Ids that a person chose stay what they are, however many bear one name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from traces.conventions.machine_made import is_machine_made

#: An id has stayed when this many runs bore it over this long.
STAYED_RUNS = 20
STAYED_FOR = timedelta(days=2)

#: Ids that differ in their number alone: from so many on, each with a run or two, they count runs.
MANY_COUNTED = 8
FEW_RUNS = 2

_NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Seen:
    """One agent of a name. service: of its newest trace, "" where none is known."""

    id: int
    identity: str
    runs: int
    first_seen_at: datetime
    last_seen_at: datetime
    service: str = ""


@dataclass(frozen=True, slots=True)
class Fold:
    """Agents that are one. into: the one that stays, None where nobody bears the name alone: then
    the first of `ids` stays, under the name."""

    into: int | None
    ids: tuple[int, ...]


def fold(name: str, agents: Sequence[Seen]) -> Fold | None:
    """Decide which of `agents`, all that are shown under `name`, are one; None where each is
    what it seems."""
    named = next((one.id for one in agents if one.identity == name), None)
    others = [one for one in agents if one.identity != name]
    drawn = [one for one in others if is_machine_made(one.identity) and not has_stayed(one)]
    passing = drawn if named is not None or len(drawn) > 1 else []
    passing = passing + _counted([one for one in others if one not in drawn])
    if not passing:
        return None
    ordered = sorted(passing, key=lambda one: (one.first_seen_at, one.id))
    return Fold(named, tuple(one.id for one in ordered))


def has_stayed(one: Seen) -> bool:
    lived = one.last_seen_at - one.first_seen_at
    return one.runs >= STAYED_RUNS and lived >= STAYED_FOR


def _counted(agents: Sequence[Seen]) -> list[Seen]:
    """Group those of one service whose ids differ in their numbers only, where these count runs."""
    alike: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in agents:
        if (pattern := _NUMBER.sub("0", one.identity)) != one.identity or "0" in one.identity:
            alike[one.service, pattern].append(one)
    return [
        one
        for several in alike.values()
        if len(several) >= MANY_COUNTED and all(each.runs <= FEW_RUNS for each in several)
        for one in several
    ]
