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
    named = next((agent.id for agent in agents if agent.identity == name), None)
    others = [agent for agent in agents if agent.identity != name]
    drawn = [agent for agent in others if is_machine_made(agent.identity) and not has_stayed(agent)]
    passing = drawn if named is not None or len(drawn) > 1 else []
    passing = passing + _counted([agent for agent in others if agent not in drawn])
    if not passing:
        return None
    ordered = sorted(passing, key=lambda agent: (agent.first_seen_at, agent.id))
    return Fold(named, tuple(agent.id for agent in ordered))


def has_stayed(agent: Seen) -> bool:
    lived = agent.last_seen_at - agent.first_seen_at
    return agent.runs >= STAYED_RUNS and lived >= STAYED_FOR


def _counted(agents: Sequence[Seen]) -> list[Seen]:
    """Group those of one service whose ids differ in their numbers only, where these count runs."""
    alike: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for agent in agents:
        if (pattern := _NUMBER.sub("0", agent.identity)) != agent.identity or "0" in agent.identity:
            alike[agent.service, pattern].append(agent)
    return [
        agent
        for several in alike.values()
        if len(several) >= MANY_COUNTED and all(each.runs <= FEW_RUNS for each in several)
        for agent in several
    ]
