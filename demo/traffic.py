"""When each recorded conversation is replayed: a history, then live slots. Pure.

The history is every conversation once, spread over the 14 days before an anchor. Live
traffic is an endless second round, cut into slots of 15 seconds: a slot's turn and its
ids follow from the slot's number alone, so that posting a slot twice adds nothing.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate

from demo.conversations import Conversation, Turn
from demo.spans import NS_PER_S, Place, durations_ns, records_of
from traces.records import SpanRecord

SEED = 20260101
HISTORY = timedelta(days=14)
#: Nothing of the history lies closer to the anchor: live traffic goes on from there.
GAP = timedelta(minutes=20)
SLOT_S = 15
#: A live turn leaves room for the one before it.
LONGEST_LIVE_S = 12.0
#: How busy each hour of the day is (UTC), 1.0 at most.
BUSY = (
    *(0.25, 0.18, 0.12, 0.10, 0.10, 0.12, 0.18, 0.28, 0.42, 0.55, 0.65, 0.75),
    *(0.85, 0.92, 1.00, 0.98, 0.95, 0.92, 0.88, 0.80, 0.70, 0.58, 0.45, 0.34),
)


@dataclass(frozen=True)
class Visit:
    """One conversation of the past: a session with a time for the end of each turn."""

    conversation: Conversation
    session_id: str
    ends_ns: tuple[int, ...]

    @property
    def end(self) -> datetime:
        return at_second(self.ends_ns[-1] / NS_PER_S)

    def records(self) -> list[SpanRecord]:
        turns = zip(self.conversation.turns, self.ends_ns, strict=True)
        return [
            span
            for turn, end_ns in turns
            for span in records_of(
                self.conversation, turn, Place(self.session_id, turn.number), end_ns
            )
        ]


def history(conversations: Sequence[Conversation], anchor: datetime) -> list[Visit]:
    """Return each conversation once, in the order of ends, within 14 days before `anchor`."""
    chance = random.Random(SEED)
    visits = []
    for conversation in conversations:
        session_id = session_name("history", conversation, 0)
        lengths = turn_lengths_ns(conversation, session_id, chance)
        start_ns = start_of_visit_ns(anchor, sum(lengths), chance)
        ends = accumulate(lengths, initial=start_ns)
        visits.append(Visit(conversation, session_id, tuple(ends)[1:]))
    return sorted(visits, key=lambda visit: visit.ends_ns[-1])


def turn_lengths_ns(
    conversation: Conversation, session_id: str, chance: random.Random
) -> list[int]:
    """Return the time from each turn's end to the next: the person types, the agent works."""
    lengths = []
    for turn in conversation.turns:
        thinking_s = min(chance.lognormvariate(3.9, 0.6), 300.0)
        working_ns = sum(durations_ns(Place(session_id, turn.number), turn, 600.0))
        lengths.append(int((thinking_s + 1) * NS_PER_S) + working_ns)
    return lengths


def start_of_visit_ns(anchor: datetime, length_ns: int, chance: random.Random) -> int:
    """Draw a moment that leaves room for the visit, busy hours more often than quiet ones."""
    room_s = (HISTORY - GAP).total_seconds() - length_ns / NS_PER_S
    while True:
        start = anchor - HISTORY + timedelta(seconds=chance.uniform(0, room_s))
        if chance.random() < BUSY[start.hour]:
            return int(start.timestamp() * NS_PER_S)


@dataclass(frozen=True)
class LiveTurn:
    slot: int
    conversation: Conversation
    turn: Turn
    place: Place

    def records(self) -> list[SpanRecord]:
        end_ns = self.slot * SLOT_S * NS_PER_S
        return records_of(self.conversation, self.turn, self.place, end_ns, LONGEST_LIVE_S)


class Program:
    """Which turn each live slot holds: all conversations in a fixed order, round after round."""

    def __init__(self, conversations: Sequence[Conversation]) -> None:
        self.order = random.Random(SEED).sample(list(conversations), len(conversations))

    @cached_property
    def firsts(self) -> list[int]:
        """Where in a round each conversation begins, and, last, how long a round is."""
        return list(accumulate((len(each.turns) for each in self.order), initial=0))

    def at(self, slot: int) -> LiveTurn:
        """Return the turn of a slot, which ends `slot` times 15 s after the Unix epoch."""
        lap, position = divmod(slot, self.firsts[-1])
        index = bisect_right(self.firsts, position) - 1
        conversation = self.order[index]
        number = position - self.firsts[index]
        place = Place(session_name("live", conversation, lap), number)
        return LiveTurn(slot, conversation, conversation.turns[number], place)

    def since(self, slot: int, last: int) -> list[LiveTurn]:
        """Return the turns from the beginning of the conversation at `slot` to slot `last`."""
        first = slot - self.at(slot).place.turn
        return [self.at(number) for number in range(first, last + 1)]


def slot_at(now: datetime) -> int:
    """Return the newest slot whose turn has ended at `now`."""
    return int(now.timestamp()) // SLOT_S


def session_name(series: str, conversation: Conversation, lap: int) -> str:
    words = f"{series}/{conversation.task_id}/{conversation.trial}/{lap}"
    return f"airline-{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def at_second(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, tz=UTC)
