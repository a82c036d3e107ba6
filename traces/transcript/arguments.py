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
        """The same number for arguments of the same values."""
        found = self.values(text)
        if isinstance(found, dict):
            return hash(tuple(sorted(found.items())))
        return hash(found)

    def compare(self, one: str, other: str) -> str:
        """`EQUAL`; `MORE` when one names arguments that the other leaves out; `OTHER` when
        they contradict each other; `UNKNOWN` when one of them is not told."""
        if not one or not other:
            return UNKNOWN
        here, there = self.values(one), self.values(other)
        if here == there:
            return EQUAL
        if isinstance(here, dict) and isinstance(there, dict):
            shared = here.keys() & there.keys()
            is_same = all(here[key] == there[key] for key in shared)
            return MORE if is_same and (shared or not (here and there)) else OTHER
        for held, text in ((here, there), (there, here)):
            if isinstance(held, dict) and list(held.values()) == [text]:
                return EQUAL  # a tool of one argument is often told its value alone
        return OTHER

    def values(self, text: str) -> dict[str, str] | str:
        """{name: value as text}; the text without white space where it is no object."""
        found = self._read.get(text)
        if found is None:
            found = self._read[text] = _values(text)
        return found


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
