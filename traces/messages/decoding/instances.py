"""Objects of frameworks, spelled as Python writes them, in the shape of JSON messages.

`ChatMessage(role=<Role.USER: 'user'>, blocks=[TextBlock(text='Hi')])` becomes
{"role": "user", "content": [{"type": "text", "text": "Hi"}]}. A class that is none of
these keeps its name under `python_reprs.CLASS`.
"""

from __future__ import annotations

from typing import Any

from traces.messages.decoding.loose_values import is_blank
from traces.messages.decoding.python_reprs import CLASS, is_spelling, read

Item = dict[str, Any]

_ROLE_OF_CLASS = {
    "humanmessage": "user", "humanmessagechunk": "user", "usermessage": "user",
    "userpromptpart": "user", "aimessage": "assistant", "aimessagechunk": "assistant",
    "assistantmessage": "assistant", "modelresponse": "assistant", "systemmessage": "system",
    "systempromptpart": "system", "toolmessage": "tool", "functionmessage": "tool",
    "toolreturnpart": "tool", "retrypromptpart": "tool",
}  # fmt: skip
_CONTENT = ("content", "blocks", "parts", "items", "contents", "text")
_BLOCKS = (
    ("toolcallresult", "tool_result"), ("toolresult", "tool_result"), ("toolreturn", "tool_result"),
    ("toolcall", "tool_call"), ("tooluse", "tool_call"), ("functioncall", "tool_call"),
    ("text", "text"), ("outputtext", "text"), ("responseoutputtext", "text"),
    ("thinking", "reasoning"), ("reasoning", "reasoning"), ("image", "image"), ("audio", "audio"),
    ("video", "video"), ("document", "document"), ("binary", "file"), ("file", "file"),
)  # fmt: skip


def parse_spelling(text: str) -> Any:
    """Return the list or object that the text spells in Python, in the shape of JSON; else None."""
    value = read(text)
    return as_json_shape(value) if isinstance(value, list | dict) else None


def as_json_shape(value: Any) -> Any:
    """Return the value with every object of a known class as a message or a part of one."""
    if isinstance(value, list):
        return [as_json_shape(item) for item in value]
    if not isinstance(value, dict):
        return value
    held = {key: as_json_shape(item) for key, item in value.items() if key != CLASS}
    if CLASS not in value:
        return held
    fields = {key.lstrip("_"): item for key, item in held.items()}
    return _message(value[CLASS], fields) or _block(value[CLASS], fields) or {
        CLASS: value[CLASS] or "object", **fields,
    }  # fmt: skip


def blocks_in(text: str) -> list[Any] | None:
    """Return the parts that a message's content spells: `[TextBlock(text='Hi', type='text')]`."""
    if not text.startswith("[") or not is_spelling(text):
        return None
    blocks = parse_spelling(text)
    if isinstance(blocks, list) and all(
        isinstance(block, dict) and "type" in block for block in blocks
    ):
        return blocks
    return None


def _message(name: str, fields: Item) -> Item | None:
    role = _ROLE_OF_CLASS.get(name.lower())
    given = fields.get("role")
    if role is None and isinstance(given, str):
        role = given.rpartition(".")[2].lower()
    source = fields.get("source")
    if role is None and isinstance(source, str) and "content" in fields:  # AutoGen
        role = "user" if source == "user" else "assistant"
    if role is None and not name and "content" in fields:  # LangChain, by str()
        role = "tool" if fields.get("tool_call_id") else _role_by_fields(fields)
        role = "" if role is None and "additional_kwargs" in fields else role
    if role is None:
        return None
    content = next((fields[key] for key in _CONTENT if not is_blank(fields.get(key))), "")
    return {
        "role": role,
        "content": content,
        "name": fields.get("tool_name") or fields.get("name"),
        "tool_call_id": fields.get("tool_call_id"),
        "tool_calls": fields.get("tool_calls"),
        "additional_kwargs": fields.get("additional_kwargs"),
    }


def _role_by_fields(fields: Item) -> str | None:
    is_answer = any(
        fields.get(key) for key in ("tool_calls", "usage_metadata", "response_metadata")
    )
    return "assistant" if is_answer else None


def _block(name: str, fields: Item) -> Item | None:
    lower = name.lower()
    kind = next((kind for start, kind in _BLOCKS if lower.startswith(start)), None)
    if isinstance(fields.get("type"), str) and kind:
        return {key: held for key, held in fields.items() if held is not None}
    if kind == "text" or kind == "reasoning":
        keys = ("text", "content", "thinking", "reasoning")
        words = next((fields[key] for key in keys if isinstance(fields.get(key), str)), None)
        return None if words is None else {"type": kind, "text": words}
    if kind == "tool_call":
        given = ("args", "arguments", "tool_kwargs", "input", "kwargs")
        return {
            "type": kind,
            "name": fields.get("tool_name") or fields.get("name"),
            "arguments": next((fields[key] for key in given if key in fields), None),
            "id": fields.get("tool_call_id") or fields.get("tool_id") or fields.get("id"),
        }
    return {**fields, "type": kind} if kind and kind != "tool_result" else None
