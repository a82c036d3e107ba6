"""Which turns of a very long session are read whole. Pure.

How a conversation began and how it ended says most about it, and so do its failures; of the
rest some stretches are read that lie evenly, so that no part of it is passed over. What is not
read is counted, and the judge is told.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from traces.store.reading import TurnRow

#: As many short turns as fit into what a judge is shown, and spans as one transcript holds.
MOST_TURNS = 400
MOST_SPANS = 20_000
#: JSON of their payloads: many times what a judge is shown, since each call repeats the history.
MOST_BYTES = 64_000_000
FIRST, LAST, FAILED = 40, 120, 40
#: Turns that are read one after the other, so that an answer stands behind its question.
STRETCH = 4


def chosen(rows: Sequence[TurnRow]) -> list[int]:
    """Return the places of the turns to read, in order: all of them where they are few."""
    turns, spans = 0, 0
    places: set[int] = set()
    for place in _by_weight(rows):
        if place in places:
            continue
        if turns >= MOST_TURNS or (places and spans + rows[place].spans > MOST_SPANS):
            continue
        places.add(place)
        turns, spans = turns + 1, spans + rows[place].spans
    return sorted(places)


def within_bytes(places: Sequence[int], bytes_of: Mapping[int, int], count: int) -> list[int]:
    """Return those of the chosen places that may be read, in order: all of them where they hold
    at most `MOST_BYTES`, else the last and the first of all `count` turns, by turns, and then the
    failures and the stretches between, as far as the bytes go."""
    if sum(bytes_of[place] for place in places) <= MOST_BYTES:
        return list(places)
    first = [place for place in places if place < FIRST]
    last = [place for place in reversed(places) if place >= count - LAST]
    ends = itertools.chain.from_iterable(itertools.zip_longest(last, first))
    left, kept = MOST_BYTES, set[int]()
    for place in itertools.chain(ends, places):
        if place is not None and place not in kept and (not kept or bytes_of[place] <= left):
            kept.add(place)
            left -= bytes_of[place]
    return sorted(kept)


def _by_weight(rows: Sequence[TurnRow]) -> Iterator[int]:
    count = len(rows)
    yield from {0, count - 1} if count else ()
    yield from range(count - 1, max(-1, count - 1 - LAST), -1)
    yield from range(min(FIRST, count))
    failed = [place for place, row in enumerate(rows) if row.is_error]
    yield from reversed(failed[-FAILED:])
    stretches = (MOST_TURNS - FIRST - LAST - FAILED) // STRETCH
    for number in range(stretches):
        start = (2 * number + 1) * count // (2 * stretches)
        yield from range(start, min(count, start + STRETCH))
    yield from range(count - 1, -1, -1)
