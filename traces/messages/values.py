"""JSON values as telemetry carries them: encoded once, twice or not at all, cut off,
redacted, or with a picture inside. Nothing here raises, whatever comes in.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import orjson

Event = dict[str, Any]  # {"name": str, "time_ns": int, "attributes": {...}}

#: JSON inside JSON is decoded this often and no further (OTLP.md 2, "Content").
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
_DATA_URL = re.compile(
    r"data:(?P<mime>[\w.+-]{1,60}/[\w.+-]{1,80})?(?:;[\w.+=-]{1,80}){0,4};base64,"
    r"(?P<data>[A-Za-z0-9+/_=-]*)"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without what PostgreSQL and UTF-8 refuse: NUL and lone surrogates."""
    if "\x00" in text:
        text = text.replace("\x00", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def decode(value: Any) -> Any:
    """The value behind up to `MAX_DECODES` layers of JSON; text that is not JSON stays text."""
    for _ in range(MAX_DECODES):
        if not isinstance(value, str):
            return value
        text = value.strip()
        if not text or text[0] not in _OPENING:
            return value
        try:
            value = orjson.loads(text)
        except ValueError:
            return value
    return value


def decoded_list(value: Any) -> list[Any]:
    """A list for a list, a one-item list for anything else, [] for nothing."""
    value = decode(value)
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def is_blank(value: Any) -> bool:
    """Whether the sender said nothing: absent, empty, redacted or a placeholder."""
    if value is None:
        return True
    if isinstance(value, str):
        return value.isspace() or (len(value) < 20 and value.strip() in _NO_VALUE)
    return isinstance(value, list | dict) and not value


def is_no_id(text: str) -> bool:
    """Whether an id stands for none: ADK writes "<not specified>", others the word of null."""
    return text.strip().lower() in _NO_ID


_NO_ID = frozenset(
    {
        "", '""', "''", "null", "none", "nil", "undefined", "n/a", "na", "nan", "-", "unknown",
        "<not specified>", "not specified", "<no value>", "<none>", "<unknown>",
    }
)  # fmt: skip


def is_no_result(value: Any) -> bool:
    """Whether a tool's result is missing. An empty list is a result: nothing was found."""
    return is_blank(value) and value not in ([], "[]")


def is_hidden(text: str) -> bool:
    """Whether the text of a message stands for content that was taken out."""
    return len(text) < 20 and text.strip() in _HIDDEN_TEXT


def as_json(value: Any) -> str:
    """Compact JSON; a short note instead where a value is nested too deep to write."""
    try:
        return clean(orjson.dumps(value).decode())
    except (TypeError, ValueError):
        pass
    try:
        return clean(json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":")))
    except (TypeError, ValueError, RecursionError):
        return "[nested too deep to show]"


def as_json_text(value: Any) -> str:
    """JSON text for any value; text that is JSON stays as the sender wrote it.

    A JSON string is unwrapped, so that twice-encoded arguments read like the others.
    """
    if value is None:
        return ""
    for _ in range(MAX_DECODES):
        if not isinstance(value, str):
            return as_json(value)
        if not value.startswith('"'):
            return shown(value)
        try:
            value = orjson.loads(value)
        except ValueError:
            return shown(value)
    return shown(value) if isinstance(value, str) else as_json(value)


def size(count: int) -> str:
    """Bytes for people: "812 B", "123 kB", "4.2 MB"."""
    if count < 1_000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{round(count / 1_000)} kB"
    return f"{count / 1_000_000:.1f} MB"


def media(mime: str | None, encoded: str = "") -> str:
    """The placeholder of a picture, sound or file: "[image/png, 123 kB]".

    encoded: its base64 text; its size is told, its bytes are not kept.
    """
    mime = clean(mime or "") or "media"
    if not encoded:
        return f"[{mime}]"
    return f"[{mime}, {size(len(encoded) * 3 // 4)}]"


def linked(mime: str | None, url: str) -> str:
    """The placeholder of media behind an address, which may be a data: URL."""
    if url.startswith("data:"):
        found = _DATA_URL.match(url)
        if found:
            return media(found["mime"] or mime, found["data"])
        return media(mime, url)
    return f"[{clean(mime or '') or 'media'}, {clean(url[:300])}]" if url else media(mime)


def shown(text: str) -> str:
    """Text ready to be shown: clean, data: URLs replaced by their placeholder."""
    if "base64," in text:
        text = _DATA_URL.sub(lambda found: media(found["mime"], found["data"]), text)
    return clean(text)
