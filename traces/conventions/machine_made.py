"""Telling ids that a program made from ids that a person chose, by their look alone: pure.

An id that is new for every run, process or object is no identity. By its look it cannot be told
from one that was drawn once and kept, so that this is only ever a reason to ask for a name.
"""

from __future__ import annotations

import re
from itertools import pairwise

#: Longer ids were shortened by `core.ids.short_id`, and end in a hash.
_LOOKED_AT = 500

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOKEN = re.compile(r"[0-9A-Za-z]+")
_HEX = re.compile(r"[0-9a-f]+")
_ULID = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")

#: Made once by a provider for an agent that stays: OpenAI's assistants.
_KEPT = ("asst_",)

#: Digits in a row: seconds since 1970 have ten.
_LONG_NUMBER = 10
_LONG_HEX = 16
_SHORT_HEX = 8
_LONG_TOKEN = 16


def is_machine_made(text: str) -> bool:
    """Say whether an id looks drawn: a UUID, long hex or number, ULID, nanoid, alone or in it."""
    if text.startswith(_KEPT):
        return False
    looked_at = text[:_LOOKED_AT]
    if _UUID.search(looked_at.lower()):
        return True
    tokens = _TOKEN.findall(looked_at)
    if any(_is_drawn(token) for token in tokens):
        return True
    # The alphabet of nanoid has dashes, which cut its ids into pieces.
    joined = "".join(tokens)
    return " " not in looked_at and 18 <= len(joined) <= 24 and _changes(joined) >= 6


def _is_drawn(token: str) -> bool:
    if token.isdigit():
        return len(token) >= _LONG_NUMBER
    lowered, changes = token.lower(), _changes(token)
    if _HEX.fullmatch(lowered):
        if len(token) >= _LONG_HEX:
            return changes > 0
        return len(token) >= _SHORT_HEX and changes >= 3
    if lowered.startswith("0x") and _HEX.fullmatch(lowered, 2):
        return len(token) >= _SHORT_HEX
    if _ULID.fullmatch(lowered):
        return changes >= 3
    return len(token) >= _LONG_TOKEN and changes >= 4


def _changes(token: str) -> int:
    """Return how often a digit follows a letter, or a letter a digit."""
    digits = [char.isdigit() for char in token]
    return sum(before != after for before, after in pairwise(digits))
