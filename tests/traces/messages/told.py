"""Messages as short rows, for tables: [("user", "Hi"), ("assistant", "tool_call f#id {}")]."""

from __future__ import annotations

from typing import Any

from traces import messages
from traces.records import Content, Message

Told = list[tuple[str, ...]]


def told_by(found: tuple[Message, ...]) -> Told:
    """Role, then "type text" of each part; plain text without its type."""
    return [(said.role, *(_part(part) for part in said.parts)) for said in found]


def _part(part: Any) -> str:
    if part.type in {"tool_call", "tool_result"}:
        return f"{part.type} {part.name}#{part.id} {part.text}"
    return part.text if part.type == "text" else f"{part.type} {part.text}"


def read_llm(attributes: dict[str, Any], events: list[dict[str, Any]] | None = None) -> Content:
    return messages.read(attributes, events or [], "llm")


def event(name: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "time_ns": 1, "attributes": attributes}
