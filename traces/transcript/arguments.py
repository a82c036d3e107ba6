"""Whether two spellings of a call's arguments mean the same: JSON and Python, in any order."""

from __future__ import annotations

from typing import Any, Final

import orjson

from traces.messages.decoding.loose_values import decode
from traces.messages.decoding.python_reprs import read as read_repr

#: Longer arguments are compared as text, without white space.
MAX_COMPARED_CHARS: Final = 20_000
#: What callers wrap arguments in.
_AROUND = frozenset({"input", "args", "arguments", "kwargs", "parameters", "tool_input"})

EQUAL, MORE, UNKNOWN, OTHER = "equal", "more", "unknown", "other"


class Compared:
    """Reads each spelling once."""

    def __init__(self) -> None:
        self._read: dict[str, Any] = {}

    def digest(self, text: str) -> int:
        """Return the same number for arguments of the same values."""
        values = self.values(text)
        if isinstance(values, dict):
            return hash(tuple(sorted(values.items())))
        return hash(values)

    def compare(self, left: str, right: str) -> str:
        """Return `EQUAL`; `MORE` when one names arguments that the other leaves out; `OTHER` when
        they contradict each other; `UNKNOWN` when one of them is not recorded."""
        if not left or not right:
            return UNKNOWN
        left_values, right_values = self.values(left), self.values(right)
        if left_values == right_values:
            return EQUAL
        if isinstance(left_values, dict) and isinstance(right_values, dict):
            shared = left_values.keys() & right_values.keys()
            is_same = all(left_values[key] == right_values[key] for key in shared)
            return MORE if is_same and (shared or not (left_values and right_values)) else OTHER
        for held, text in ((left_values, right_values), (right_values, left_values)):
            if isinstance(held, dict) and list(held.values()) == [text]:
                return EQUAL  # a tool of one argument is often told its value alone
        return OTHER

    def values(self, text: str) -> dict[str, str] | str:
        """Return {name: value as text}; the text without white space where it is no object."""
        values = self._read.get(text)
        if values is None:
            values = self._read[text] = _values(text)
        return values


def _values(text: str) -> dict[str, str] | str:
    value: Any = text
    if len(text) <= MAX_COMPARED_CHARS:
        value = decode(text)
        if isinstance(value, str):
            spelled = read_repr(value)
            value = spelled if isinstance(spelled, dict) else value
        while isinstance(value, dict) and len(value) == 1 and value.keys() <= _AROUND:
            (inner,) = value.values()
            if not isinstance(inner, dict):
                break
            value = inner
    if isinstance(value, dict):
        return {key: _text(held) for key, held in value.items()}
    return "".join(value.split()) if isinstance(value, str) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return "".join(value.split())
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):
        return repr(type(value))
