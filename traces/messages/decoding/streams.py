"""Answers that a sender wrote down piece by piece, as they were streamed: one message."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import Any, Final

from traces.messages.parts import Item

#: Pieces of a stream are shorter than this on average; whole answers beside each other
#: (several candidates) are not joined.
_MOST_CHARS: Final = 40
_FEW_CHARS: Final = 4
_MANY: Final = 4
_JOINING = frozenset(" \t\n,.;:!?')-\u2019")
_ANSWERING = frozenset({"assistant", "model", "ai", ""})


def unstreamed(items: list[Any]) -> list[Any]:
    """Return messages in which neighbours that are pieces of one answer are one."""
    if len(items) < 2:
        return items
    messages: list[Any] = []
    for is_piece, group in groupby(items, key=_is_piece):
        pieces = list(group)
        texts = [piece["content"] for piece in pieces] if is_piece else []
        joined = {**pieces[-1], "content": "".join(texts)} if is_stream(texts) else None
        messages += pieces if joined is None else [joined]
    return messages


def unstreamed_parts(parts: list[Any]) -> list[Any]:
    """Return the parts of one message, its text in one piece where it came in many."""
    texts = [_text(part) for part in parts]
    words = [text for text in texts if text is not None]
    if len(words) < len(parts) or not is_stream(words):
        return parts
    return [{**parts[0], "text": "".join(words)}]


def is_stream(texts: list[str]) -> bool:
    """Say whether texts go on in the middle of a sentence, as pieces of a stream do."""
    if len(texts) < 2 or sum(map(len, texts)) > _MOST_CHARS * len(texts):
        return False
    seams = sum(
        after[:1] in _JOINING or before[-1:] in _JOINING - {".", "!", "?"}
        for before, after in pairwise(texts)
    )
    if 2 * seams >= len(texts) - 1:
        return True
    tokens = len(texts) >= _MANY and sum(map(len, texts)) <= _FEW_CHARS * len(texts)
    return tokens and not "".join(texts).isascii()


def _is_piece(item: Any) -> bool:
    if not isinstance(item, dict) or item.get("tool_calls") or item.get("function_call"):
        return False
    role = item.get("role")
    return role in _ANSWERING and isinstance(item.get("content"), str)


def _text(part: Any) -> str | None:
    held: Item = part if isinstance(part, dict) else {}
    text = held.get("text")
    return text if isinstance(text, str) and held.get("type", "text") == "text" else None
