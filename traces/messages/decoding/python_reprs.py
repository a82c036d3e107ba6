"""Python's own spelling of values, as senders write it where JSON was meant: `{'a': None}`,
`ChatMessage(role=<Role.USER: 'user'>, blocks=[TextBlock(text='Hi')])`, `content='Hi' id=None`.

Read by one walk over the text, never evaluated: bounded in length, depth and number of
values. What is not wholly such a value is not read at all.
"""

from __future__ import annotations

import re
from typing import Any, Final

MAX_CHARS: Final = 200_000
MAX_DEPTH: Final = 40
MAX_VALUES: Final = 20_000
#: Keys under which an object keeps its class and what it was given without a name.
CLASS: Final = "$class"
ARGS: Final = "$args"

_BLANK = re.compile(r"\s*")
_NAME = re.compile(r"[A-Za-z_][\w.]{0,120}")
_FIELD = re.compile(r"([A-Za-z_]\w{0,80})\s*=(?!=)\s*")
_NUMBER = re.compile(r"[+-]?\d{1,400}(?:\.\d{0,400})?(?:[eE][+-]?\d{1,4})?")
_STRING = re.compile(
    r"([bBrRuU]{0,2})(?:'([^'\\]*(?:\\.[^'\\]*)*)'|\"([^\"\\]*(?:\\.[^\"\\]*)*)\")", re.DOTALL
)
_MEMBER = re.compile(r"<[A-Za-z_][\w.]{0,120}: ")  # of an enum: <Role.USER: 'user'>
_OBJECT = re.compile(r"<[^<>]{1,300}(?:<[^<>]{1,300}>[^<>]{0,100})?>")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CONSTANTS: dict[str, Any] = {"None": None, "True": True, "False": False}
_CLOSING = {"[": "]", "(": ")"}
#: How the spelling of an object begins; what does not begin so is not worth a walk.
_OPENING = re.compile(
    r"(?:[\[({]\s*)*(?:[A-Z_][\w.]{0,120}\(|[a-z_]\w{0,60}=['\"\[{(<A-Z\d]|['\"]|<[A-Za-z_])"
)


class _Unreadable(ValueError):
    pass


def read(text: str) -> Any:
    """Return the value that the text spells; None when it is not wholly one, or too large.

    Objects become dicts with their class under `CLASS`, tuples and sets lists, members of an enum
    their value, `<Tool object at 0x…>` its own text.
    """
    if len(text) > MAX_CHARS or not _OPENING.match(_beginning(text)):
        return None
    try:
        return _Walk(text).whole()
    except (_Unreadable, RecursionError, OverflowError):
        return None


def is_spelling(text: str) -> bool:
    """Say whether the text begins as an object's spelling does, though it may be cut off."""
    return _CALL.match(_beginning(text)) is not None


def _beginning(text: str) -> str:
    return text.lstrip()[:4000]


_CALL = re.compile(
    r"(?:\[\s*)?(?:[A-Z][\w.]{2,120}\(\s{0,99}(?:[a-z_]\w{0,60}=|<|\)|\[?[A-Z]\w{2,60}\()"
    r"|<[A-Za-z_][\w.]{0,120} object|[a-z_]\w{0,60}=(?:['\"\[{<]|None|[A-Z]\w{2,60}\()"
    r"[^\n]{0,2000}? [a-z_]\w{0,60}=(?:['\"\[{<]|None|True|False|[A-Z]\w{2,60}\())"
    r"|\{'[^\n]{0,2000}?[A-Z]\w{2,60}\([a-z_]\w{0,60}="
)


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._left = MAX_VALUES

    def whole(self) -> Any:
        self._skip()
        value = self._fields() if _FIELD.match(self._text, self._at) else self._value(0)
        self._skip()
        if self._at < len(self._text):
            raise _Unreadable
        return value

    def _fields(self) -> dict[str, Any]:
        """Read `content='Hi' id=None`: how pydantic's objects are written by `str()`."""
        fields: dict[str, Any] = {CLASS: ""}
        while field := _FIELD.match(self._text, self._at):
            self._at = field.end()
            fields[field[1]] = self._value(1)
            self._skip()
            self._take(",")
        return fields

    def _value(self, depth: int) -> Any:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise _Unreadable
        text, at = self._text, self._at
        first = text[at : at + 1]
        if first == "{":
            return self._braces(depth)
        if first in {"[", "("}:
            self._at += 1
            return self._items(_CLOSING[first], depth)
        if first == "<":
            return self._angle(depth)
        if string := _STRING.match(text, at):
            self._at = string.end()
            return _unescaped(string)
        if text.startswith("...", at):
            self._at += 3
            return None
        if number := _NUMBER.match(text, at):
            self._at = number.end()
            return _number(number[0])
        return self._named(depth)

    def _named(self, depth: int) -> Any:
        name = _NAME.match(self._text, self._at)
        if not name:
            raise _Unreadable
        self._at = name.end()
        if not self._take("("):
            return _CONSTANTS.get(name[0], name[0])
        return self._object(name[0], depth)

    def _object(self, name: str, depth: int) -> Any:
        fields: dict[str, Any] = {CLASS: name.rpartition(".")[2]}
        given: list[Any] = []
        self._skip()
        while not self._take(")"):
            if field := _FIELD.match(self._text, self._at):
                self._at = field.end()
                fields[field[1]] = self._value(depth + 1)
            else:
                given.append(self._value(depth + 1))
            self._separate(")")
        if given:
            if len(fields) == 1 and len(given) == 1:
                return given[0]  # UUID('…'), Decimal('1'), deque([…])
            fields[ARGS] = given
        return fields

    def _braces(self, depth: int) -> Any:
        self._at += 1
        self._skip()
        members: dict[str, Any] = {}
        items: list[Any] = []
        while not self._take("}"):
            key = self._value(depth + 1)
            self._skip()
            if self._take(":"):
                self._skip()
                members[key if isinstance(key, str) else str(key)[:200]] = self._value(depth + 1)
            else:
                items.append(key)
            self._separate("}")
        return items or members

    def _items(self, closing: str, depth: int) -> list[Any]:
        items: list[Any] = []
        self._skip()
        while not self._take(closing):
            items.append(self._value(depth + 1))
            self._separate(closing)
        return items

    def _angle(self, depth: int) -> Any:
        member = _MEMBER.match(self._text, self._at)
        if member:
            self._at = member.end()
            value = self._value(depth + 1)
            if self._take(">"):
                return value
            raise _Unreadable
        other = _OBJECT.match(self._text, self._at)
        if not other:
            raise _Unreadable
        self._at = other.end()
        return other[0]

    def _separate(self, closing: str) -> None:
        self._skip()
        if self._take(","):
            self._skip()
        elif not self._text.startswith(closing, self._at):
            raise _Unreadable

    def _take(self, char: str) -> bool:
        is_there = self._text.startswith(char, self._at)
        self._at += is_there
        return is_there

    def _skip(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        assert blank is not None
        self._at = blank.end()


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _unescaped(string: re.Match[str]) -> str:
    inner = string[2] if string[2] is not None else string[3]
    if "\\" not in inner or "r" in string[1].lower():
        return inner
    return _ESCAPE.sub(_char, inner)


def _char(match: re.Match[str]) -> str:
    number = match[1] or match[2] or match[3]
    if number:
        code = int(number, 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return _ESCAPED.get(match[4], "" if match[4] == "\n" else match[4])
