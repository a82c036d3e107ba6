"""One message object of any convention as messages of ours."""

from __future__ import annotations

import re
from typing import Any

from traces.messages.decoding.instances import blocks_in
from traces.messages.decoding.loose_values import MAX_DEPTH, display_text, is_no_id, is_no_result
from traces.messages.decoding.streams import unstreamed_parts
from traces.messages.dialects import smolagents
from traces.messages.parts import Item, parts_of, result_text, text_part, tool_calls
from traces.records import Message, Part

#: What senders call the four roles.
_ROLES = {
    **dict.fromkeys(("system", "developer", "systemmessage", "systemmessagechunk"), "system"),
    **dict.fromkeys(("user", "human", "humanmessage", "humanmessagechunk"), "user"),
    **dict.fromkeys(
        ("assistant", "ai", "model", "bot", "chatbot", "tool-call", "aimessage", "aimessagechunk"),
        "assistant",
    ),
    **dict.fromkeys(
        ("tool", "function", "tool-response", "ipython", "toolmessage", "functionmessage"), "tool"
    ),
}
_LANGCHAIN_TYPES = frozenset({"human", "ai", "system", "tool", "function"})
_CONTENT_KEYS = ("content", "parts", "tool_calls", "function_call", "contents", "toolCalls")


def is_message(value: Item) -> bool:
    """Say whether an object is one message: a role beside content, or an object that holds one."""
    if isinstance(value.get("role"), str):
        return any(key in value for key in _CONTENT_KEYS) or len(value) == 1
    if _is_langchain_type(value):
        return "content" in value or isinstance(value.get("data"), dict)
    if (value.get("lc") and isinstance(value.get("kwargs"), dict)) or _is_autogen(value):
        return True
    if isinstance(value.get("event.name"), str):
        return True
    return isinstance(value.get("message"), dict) and _is_choice(value)


def is_pair(item: list[Any]) -> bool:
    """Say whether a list is LangChain's short form of a message: ["human", "Hello"]."""
    is_text = len(item) == 2 and all(isinstance(text, str) for text in item)
    return is_text and item[0] in _PAIRED


_PAIRED = frozenset({"human", "user", "ai", "assistant", "system", "placeholder"})


def messages_of(value: Item, default: str, depth: int = 0) -> list[Message]:
    """Return the messages in one message object: one, or more where it mixes roles. `default` is
    the role of what names none."""
    inner = _inner_message(value)
    if inner is not None and depth < MAX_DEPTH:
        merged = {"finish_reason": value.get("finish_reason"), **inner}
        return messages_of(merged, _outer_role(value, default), depth + 1)
    if _is_tool_definition(value):
        return []
    value = smolagents.normalized(value)
    role = role_of(value, default)
    name = value.get("name") if isinstance(value.get("name"), str) else None
    if _has_own_role(value) and name is None:
        name = value["role"]
    if role == "tool":
        return _tool_message(value, name)
    parts = _content_parts(value)
    reason = value.get("finish_reason", value.get("finishReason"))
    reason = display_text(reason) if isinstance(reason, str) else None
    return split_roles(role, parts, display_text(name) if name else None, reason)


def role_of(value: Item, default: str) -> str:
    """Return one of the four roles; `default` where the object names none."""
    for key in ("role", "type"):
        named = value.get(key)
        if isinstance(named, str) and named.lower() in _ROLES:
            return _ROLES[named.lower()]
    if _is_autogen(value):
        return "user" if value["source"] == "user" else "assistant"
    named = value.get("role")
    if isinstance(named, str) and named.strip():
        return "tool" if _names_tool(named) else "assistant"
    event = value.get("event.name")
    if isinstance(event, str):
        middle = event.removeprefix("gen_ai.").removesuffix(".message")
        return _ROLES.get(middle, "assistant" if middle == "choice" else default)
    return default


def named_tools(items: list[Any]) -> list[Any]:
    """Return the items, with messages whose role is the name of a tool that was called as that
    tool's results."""
    if not any(_has_own_role(item) for item in items):
        return items
    called = {
        part.name
        for item in items
        if isinstance(item, dict)
        for part in [*tool_calls(item), *parts_of(item.get("content"))]
        if part.type == "tool_call"
    }
    return [
        {**item, "role": "tool", "name": item["role"]}
        if _has_own_role(item) and item["role"] in called
        else item
        for item in items
    ]


def _has_own_role(item: Any) -> bool:
    named = item.get("role") if isinstance(item, dict) else None
    return isinstance(named, str) and bool(named.strip()) and named.lower() not in _ROLES


def _names_tool(role: str) -> bool:
    """Say whether a role that is none of the four is a tool's name; else it is a speaker's."""
    lower = role.lower()
    if any(word in lower for word in ("agent", "assistant", "bot", "manager", "critic")):
        return False
    return _TOOL_NAME.fullmatch(role) is not None or lower in _TOOL_ROLES


_TOOL_NAME = re.compile(r"[a-z0-9]{1,80}(?:[_.-][A-Za-z0-9]{1,80}){1,9}|[a-z]{1,40}[A-Z]\w{0,80}")
_TOOL_ROLES = frozenset(
    {"observation", "environment", "context", "data", "documents", "retrieval", "result", "output"}
)


def split_roles(
    role: str, parts: list[Part], name: str | None = None, reason: str | None = None
) -> list[Message]:
    """Return one message, or two: results of tools that stand under "user" belong to the tool."""
    if not parts:
        return []
    results = tuple(part for part in parts if part.type == "tool_result")
    if not results or role not in {"user", "system"}:
        return [Message(role, tuple(parts), name, reason)]
    rest = tuple(part for part in parts if part.type != "tool_result")
    return [Message("tool", results)] + ([Message(role, rest, name, reason)] if rest else [])


def _content_parts(value: Item) -> list[Part]:
    parts: list[Part] = []
    reasoning = value.get("reasoning_content") or value.get("reasoning")
    if isinstance(reasoning, str):
        parts += text_part(reasoning, "reasoning")
    for key in ("content", "parts", "contents"):
        held = value.get(key)
        if isinstance(held, str):
            held = blocks_in(held) or held
        content = parts_of(unstreamed_parts(held) if isinstance(held, list) else held)
        if content:
            parts += content
            break
    if not parts and isinstance(value.get("refusal"), str):
        parts += text_part(value["refusal"])
    known = {(part.id, part.name) for part in parts if part.type == "tool_call"}
    return parts + [call for call in tool_calls(value) if (call.id, call.name) not in known]


def _tool_message(value: Item, name: str | None) -> list[Message]:
    """Return a message of role tool: its content is the result, unless its parts say so
    themselves."""
    content = value.get("parts") or value.get("contents") or value.get("content")
    parts = parts_of(content) if isinstance(content, list | dict) else []
    if any(part.type in {"tool_result", "tool_call"} for part in parts):
        return [Message("tool", tuple(parts))]
    if is_no_result(content) and content != {}:
        return []
    call_id = value.get("tool_call_id") or value.get("toolCallId")
    call_id = call_id if isinstance(call_id, str) and not is_no_id(call_id) else None
    text = result_text(content)
    return [Message("tool", (Part("tool_result", text, name, call_id),))] if text else []


def _is_tool_definition(value: Item) -> bool:
    """Say whether a message only defines a tool: LangChain's tracer lists those that a model may
    call as messages of role tool."""
    content = value.get("content")
    return (
        value.get("role") == "tool"
        and isinstance(content, dict)
        and content.get("type") == "function"
        and isinstance(content.get("function"), dict)
    )


def _is_langchain_type(value: Item) -> bool:
    named = value.get("type")
    return isinstance(named, str) and named in _LANGCHAIN_TYPES


def _is_autogen(value: Item) -> bool:
    """Say whether a message is AutoGen's: {"source": "user", "content": "Hi", "type":
    "TextMessage"}."""
    named = value.get("type")
    is_typed = isinstance(named, str) and named.endswith("Message")
    return is_typed and isinstance(value.get("source"), str) and "content" in value


def _is_choice(value: Item) -> bool:
    return any(key in value for key in ("index", "finish_reason", "generation_info", "event.name"))


def _inner_message(value: Item) -> Item | None:
    """Return the message inside a choice, a LangChain object or LangChain's {"type", "data"}."""
    for key in ("message", "kwargs", "data"):
        inner = value.get(key)
        if not isinstance(inner, dict) or "content" in value:
            continue
        if key == "message" or (key == "kwargs" and value.get("lc")):
            return inner
        if key == "data" and _is_langchain_type(value):
            return inner
    return None


def _outer_role(value: Item, default: str) -> str:
    """Return the role that the envelope gives: LangChain's class name, a choice's assistant."""
    path = value.get("id")
    if value.get("lc") and isinstance(path, list) and path and isinstance(path[-1], str):
        return _ROLES.get(path[-1].lower(), default)
    return "assistant" if _is_choice(value) else role_of(value, default)
