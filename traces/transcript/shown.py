"""How much of a conversation is shown unless all of it is asked for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from traces.transcript.entries import Entry

#: Characters of one text.
MOST_CHARS: Final = 20_000
#: Entries of one turn; of more, those in the middle are left out.
MOST_ENTRIES: Final = 400


def ends_of(entries: Sequence[Entry], whole: bool = False) -> tuple[list[Entry], int]:
    """Return the entries that are shown, and how many are left out between their two halves."""
    left_out = 0 if whole else max(0, len(entries) - MOST_ENTRIES)
    half = MOST_ENTRIES // 2
    return ([*entries[:half], *entries[-half:]] if left_out else list(entries)), left_out


def cut(text: str, whole: bool = False) -> tuple[str, int]:
    """Return what is shown of a text, and how many characters are left out behind it."""
    kept = text if whole else text[:MOST_CHARS]
    return kept, len(text) - len(kept)
