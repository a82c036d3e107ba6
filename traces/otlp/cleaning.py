"""What PostgreSQL and a page can hold: text without NUL, bounded strings, finite numbers.

Nothing is refused here. What cannot be kept is replaced by U+FFFD, or cut in the middle
with a note of how much is missing. The common case (a short, clean string) costs one
search for NUL and one comparison of lengths.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")

#: Bounds of one span. Lengths of text are in characters.
MAX_TEXT = 1 << 20
MAX_NAME = 1_000
MAX_KEY = 1_000
MAX_ATTRIBUTES = 1_000
MAX_EVENTS = 1_000  # and as many links
MAX_DEPTH = 64

TOO_DEEP = f"[nested deeper than {MAX_DEPTH} levels]"

_SURROGATES = re.compile("[\ud800-\udfff]")
_INT64_MIN, _INT64_MAX = -(1 << 63), (1 << 63) - 1


def clean_text(text: str, limit: int = MAX_TEXT) -> str:
    """Return `text` without NUL, at most about `limit` characters: head, a note, tail."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half:,} characters cut …]\n{text[-half:]}"


def clean_name(text: str, limit: int = MAX_NAME) -> str:
    """Return a one-line name without NUL, cut at its end: the start of a name tells what it is."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_keys(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the same attributes under keys without NUL and of bounded length.

    Returns its argument when there is nothing to do, after two searches in C.
    """
    joined = "".join(attributes)
    if "\0" not in joined and (len(joined) <= MAX_KEY or max(map(len, attributes)) <= MAX_KEY):
        return attributes
    return {clean_name(key, MAX_KEY): value for key, value in attributes.items()}


def without_surrogates(text: str) -> str:
    """Replace lone surrogates (`\\ud800` cut from its pair): UTF-8 cannot hold them."""
    return _SURROGATES.sub("\ufffd", text)


def clean_float(number: float) -> float | str:
    """Keep NaN and infinity, which JSON does not know, as the words of protobuf's JSON."""
    if math.isfinite(number):
        return number
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def clean_int(number: int) -> int | str:
    """Keep an integer outside 64 bits signed as its digits."""
    return number if _INT64_MIN <= number <= _INT64_MAX else str(number)


def clean_json(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return a parsed JSON value with every string, number and level of it within the bounds."""
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return clean_int(value)
    if isinstance(value, float):
        return clean_float(value)
    if depth <= 0:
        return TOO_DEEP
    if isinstance(value, list):
        return [clean_json(item, depth - 1) for item in value]
    return clean_keys({key: clean_json(item, depth - 1) for key, item in value.items()})


def head_and_tail(items: Sequence[T], limit: int) -> tuple[Sequence[T], int]:
    """Return at most `limit` items and how many were left out, taken from the middle.

    SDKs set the span's kind and session first and its outcome last; what repeats (the
    flattened messages) stands in between.
    """
    if len(items) <= limit:
        return items, 0
    half = limit // 2
    return [*items[:half], *items[-half:]], len(items) - 2 * half
