"""A JSON object as models write it: strict where it can be, forgiving where nothing is guessed.

Forgiven are characters that should have been escaped, escapes that do not exist, commas before
a closing bracket, single quotes, keys without quotes, comments and Python's constants. Time is
linear in the text, memory bounded by it; hostile nesting is a ValueError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

#: A key that stands twice with two values: what was meant is not known.
TWO_VALUES = object()

_MAX_DEPTH = 20
#: A verdict takes a dozen; more are not worth the time.
_MAX_TOKENS = 2000
_TOKEN = re.compile(
    r"""(?:\s|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+
    (?: (?P<text>"(?:[^"\\]|\\.)*+" | '(?:[^'\\]|\\.)*+')
      | (?P<sign>[{}\[\]:,])
      | (?P<number>-?\d[\d.eE+-]{0,40})
      | (?P<word>[^\W\d]\w{0,40}) )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_CONSTANTS: dict[str, bool | None] = {"true": True, "True": True, "false": False, "False": False}
_CONSTANTS |= {"null": None, "None": None}


def object_at(text: str, start: int) -> tuple[dict[str, Any], int]:
    """Return the object that begins at `start`, keys in lower case, and where it ends.

    Raises ValueError where there is none.
    """
    try:
        value, end = _STRICT.raw_decode(text, start)
    except (ValueError, RecursionError):
        value, end = _Reader(text, start).value(0)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value, end


def _mapping(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key, value in pairs:
        name = key[:100].strip().casefold()
        is_other = name in mapping and mapping[name] != value
        mapping[name] = TWO_VALUES if is_other else value
    return mapping


_STRICT = json.JSONDecoder(strict=False, object_pairs_hook=_mapping)


class _Reader:
    """Reads one value after the other, from `place` on."""

    def __init__(self, text: str, place: int) -> None:
        self.text, self.place, self.left = text, place, _MAX_TOKENS

    def token(self) -> tuple[str, str]:
        """(kind, what it says)."""
        self.left -= 1
        match = _TOKEN.match(self.text, self.place) if self.left > 0 else None
        if match is None:
            raise ValueError("no JSON")
        self.place = match.end()
        kind = str(match.lastgroup)
        return kind, match.group(kind)

    def value(self, depth: int) -> tuple[Any, int]:
        kind, said = self.token()
        return self._value(kind, said, depth), self.place

    def _value(self, kind: str, said: str, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deep")
        if kind == "text":
            return _unescaped(said[1:-1])
        if kind == "number":
            return float(said)
        if kind == "word" and said in _CONSTANTS:
            return _CONSTANTS[said]
        if said == "{":
            return _mapping(self._pairs(depth + 1))
        if said == "[":
            return self._list(depth + 1)
        raise ValueError("no value")

    def _pairs(self, depth: int) -> list[tuple[str, Any]]:
        pairs: list[tuple[str, Any]] = []
        while True:
            kind, said = self.token()
            if said == "}" and kind == "sign":
                return pairs
            if kind not in {"text", "word"} or self.token() != ("sign", ":"):
                raise ValueError("no key")
            key = _unescaped(said[1:-1]) if kind == "text" else said
            pairs.append((key, self._value(*self.token(), depth)))
            if self._has_ended("}"):
                return pairs

    def _list(self, depth: int) -> list[Any]:
        items: list[Any] = []
        while True:
            kind, said = self.token()
            if said == "]" and kind == "sign":
                return items
            items.append(self._value(kind, said, depth))
            if self._has_ended("]"):
                return items

    def _has_ended(self, bracket: str) -> bool:
        """Behind a value: the bracket, or a comma and more."""
        kind, said = self.token()
        if kind != "sign" or said not in {bracket, ","}:
            raise ValueError("no comma")
        return said == bracket


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_meant, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _meant(match: re.Match[str]) -> str:
    said = match.group(1)
    return chr(int(said[1:], 16)) if len(said) == 5 else _ESCAPED.get(said, said)
