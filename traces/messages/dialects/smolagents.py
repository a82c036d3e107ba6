"""How smolagents tells its model of earlier steps: as text, under roles of its own."""

from __future__ import annotations

from typing import Any, Final

from traces.messages.decoding.python_reprs import read as read_spelling

_CALLS: Final = "Calling tools:\n"
_OBSERVED: Final = "Observation:\n"


def normalized(message: dict[str, Any]) -> dict[str, Any]:
    """Return calls that are spelled as text, and a result with a heading, as other senders write
    them."""
    role = message.get("role")
    if role not in {"tool-call", "tool-response"}:
        return message
    text = _text(message.get("content"))
    if role == "tool-response":
        return message | {"content": text.removeprefix(_OBSERVED)} if text else message
    calls = read_spelling(text.removeprefix(_CALLS)) if text.startswith(_CALLS) else None
    return message | {"content": None, "tool_calls": calls} if isinstance(calls, list) else message


def _text(content: Any) -> str:
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict):
        content = content[0].get("text")
    return content if isinstance(content, str) else ""
