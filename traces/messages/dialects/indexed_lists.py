"""Flattened lists: `llm.input_messages.0.message.role` and its like."""

from __future__ import annotations

from typing import Any

from traces.messages.decoding.loose_values import newest
from traces.records import Attributes

#: An index of more digits is an attack or a mistake, not a message.
_MAX_DIGITS = 9


def is_index(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def rows(attributes: Attributes, prefix: str) -> list[dict[str, Any]]:
    """Return the rows under `prefix` ("llm.input_messages."), each {rest of the key: value}.

    Sorted by number: indexes may start anywhere and have gaps. At most `MAX_MESSAGES` are kept.
    """
    by_number = numbered(attributes, prefix)
    return [by_number[index] for index in newest(sorted(by_number))]


def numbered(attributes: Attributes, prefix: str) -> dict[int, dict[str, Any]]:
    """Return the rows under `prefix` by their number."""
    by_number: dict[int, dict[str, Any]] = {}
    start = len(prefix)
    for key, value in attributes.items():
        if not key.startswith(prefix):
            continue
        index, _, rest = key[start:].partition(".")
        if rest and is_index(index):
            by_number.setdefault(int(index), {})[rest] = value
    return by_number
