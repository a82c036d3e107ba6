"""JSON values as telemetry carries them: encoded once, twice or not at all, cut off,
redacted, or with a picture inside. Nothing here raises, whatever comes in.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, TypeVar

import orjson

from traces.messages import repeats
from traces.messages.decoding import binary

Item = TypeVar("Item")
Event = dict[str, Any]  # {"name": str, "time_ns": int, "attributes": {...}}

#: JSON inside JSON is decoded this often and no further.
MAX_DECODES: Final = 3
#: Wrappers around messages, and content inside content, are followed this deep.
MAX_DEPTH: Final = 8
#: Messages of one direction of one span, and parts of one message, that are read.
MAX_MESSAGES: Final = 2_000
MAX_PARTS: Final = 500

#: What senders write when they mean "no text here".
_NO_VALUE = frozenset(
    {"", "{}", "[]", "null", "None", "N/A", "<not specified>", "__REDACTED__", '""'}
)
_HIDDEN_TEXT = frozenset({"__REDACTED__", "<not specified>"})
_OPENING = frozenset('{["')
_SURROGATE = re.compile("[\ud800-\udfff]")


def newest(items: list[Item]) -> list[Item]:
    """Return at most `MAX_MESSAGES` items: the first, which often holds the instructions, and the
    newest, which hold what a call was asked."""
    if len(items) <= MAX_MESSAGES:
        return items
    return [items[0], *items[1 - MAX_MESSAGES :]]


def clean(text: str) -> str:
    """Return the text without what PostgreSQL and UTF-8 refuse: NUL and lone surrogates."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def decode(value: Any) -> Any:
    """Return the value behind up to `MAX_DECODES` layers of JSON; text that is not JSON stays
    text."""
    for _ in range(MAX_DECODES):
        if not isinstance(value, str):
            return value
        text = value.strip()
        if not text or text[0] not in _OPENING:
            return value
        try:
            value = repeats.loads(text)
        except ValueError:
            return value
    return value


def decoded_list(value: Any) -> list[Any]:
    """Return a list for a list, a one-item list for anything else, [] for nothing."""
    value = decode(value)
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def is_blank(value: Any) -> bool:
    """Say whether the sender said nothing: absent, empty, redacted or a placeholder."""
    if value is None:
        return True
    if isinstance(value, str):
        return value.isspace() or (len(value) < 20 and value.strip() in _NO_VALUE)
    return isinstance(value, list | dict) and not value


def is_no_id(text: str) -> bool:
    """Say whether an id stands for none: ADK writes "<not specified>", others the word of null."""
    return text.strip().lower() in _NO_ID


_NO_ID = frozenset(
    {
        "", '""', "''", "null", "none", "nil", "undefined", "n/a", "na", "nan", "-", "unknown",
        "<not specified>", "not specified", "<no value>", "<none>", "<unknown>",
    }
)  # fmt: skip


def is_no_result(value: Any) -> bool:
    """Say whether a tool's result is missing. An empty list is a result: nothing was found."""
    return is_blank(value) and value not in ([], "[]")


def is_hidden(text: str) -> bool:
    """Say whether the text of a message stands for content that was taken out."""
    return len(text) < 20 and text.strip() in _HIDDEN_TEXT


def as_json(value: Any) -> str:
    """Return compact JSON without bytes; a short note instead where a value is nested too deep."""
    try:
        text = orjson.dumps(value).decode()
        if binary.is_suspect(text):
            text = orjson.dumps(binary.in_value(value)).decode()
        return clean(text)
    except (TypeError, ValueError):
        pass
    try:
        return clean(json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":")))
    except (TypeError, ValueError, RecursionError):
        return "[nested too deep to show]"


def as_json_text(value: Any) -> str:
    """Return JSON text for any value; text that is JSON stays as the sender wrote it, but for bytes
    and for letters that were written as escapes.

    A JSON string is unwrapped, so that twice-encoded arguments read like the others.
    """
    if value is None:
        return ""
    for _ in range(MAX_DECODES):
        if not isinstance(value, str):
            return as_json(value)
        if not value.startswith('"'):
            return _json_shown(value)
        try:
            value = orjson.loads(value)
        except ValueError:
            return display_text(value)
    return _json_shown(value) if isinstance(value, str) else as_json(value)


def _json_shown(text: str) -> str:
    if text.lstrip()[:1] in _OPENING and binary.is_suspect(text):
        value = decode(text)
        replaced = value if isinstance(value, str) else binary.in_value(value)
        if replaced is not value:
            return as_json(replaced)
    return display_text(text)


def media(mime: str | None, encoded: str = "") -> str:
    """Return the placeholder of a picture, sound or file: "[image/png, 123 kB]".

    encoded: its base64 text; its size is told, its bytes are not kept.
    """
    mime = clean(mime or "") or "media"
    return clean(binary.placeholder(mime, encoded)) if encoded else f"[{mime}]"


def linked(mime: str | None, url: str) -> str:
    """Return the placeholder of media behind an address, which may be a data: URL."""
    if url.startswith("data:"):
        placeholder = binary.in_text(url)
        return (
            clean(placeholder)
            if placeholder is not url and placeholder[:1] == "["
            else media(mime, url)
        )
    return f"[{clean(mime or '') or 'media'}, {clean(url[:300])}]" if url else media(mime)


def display_text(text: str) -> str:
    r"""Return text ready to be shown: clean, base64 replaced by a placeholder, and the letters that
    JSON writes as `\u57ce` as themselves."""
    if "\\u" in text and text.lstrip()[:1] in _OPENING:
        text = _LETTER.sub(_letter, text)
    return clean(binary.in_text(text))


_LETTER = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|\\)"
)


def _letter(match: re.Match[str]) -> str:
    """Return the letter of one JSON escape; the escape itself where JSON needs it or nobody would
    see the letter."""
    if match[1]:
        high, low = int(match[1], 16) - 0xD800, int(match[2], 16) - 0xDC00
        return chr(0x10000 + (high << 10) + low)
    if not match[3]:
        return match[0]
    char = chr(int(match[3], 16))
    if "\ud800" <= char <= "\udfff" or (char < "\xa0" and not char.isprintable()):
        return match[0]
    return match[0] if char in '"\\' else char
