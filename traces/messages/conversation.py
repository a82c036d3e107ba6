"""Any JSON value that holds a conversation, as messages.

The shapes are many (a list of role and content, requests and responses of providers,
LangChain's serialised objects, ADK's events); each is known by its keys, and what is
none of them becomes one message of the default role.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from traces.messages.decoding.envelopes import is_silent_call, unwrapped
from traces.messages.decoding.instances import parse_spelling
from traces.messages.decoding.loose_values import (
    MAX_DEPTH,
    as_json,
    decode,
    display_text,
    is_blank,
    newest,
)
from traces.messages.decoding.python_reprs import CLASS, is_spelling
from traces.messages.decoding.streams import unstreamed
from traces.messages.decoding.words_inside import candidates_in, is_command, is_machinery
from traces.messages.message import is_message, is_pair, messages_of, named_tools, split_roles
from traces.messages.parts import Item, parts_of, reader_of, text_part
from traces.messages.repeats import read_once
from traces.records import Message, Part


class ReadMessages(NamedTuple):
    """Messages of one direction; structured when the sender gave the roles."""

    messages: tuple[Message, ...] = ()
    structured: bool = False


def read_messages(raw: Any, role: str) -> ReadMessages:
    """Return the messages in `raw`; `role` is given to what names no role of its own."""
    messages, structured = _walk(raw, role, 0)
    return ReadMessages(tuple(newest(messages)), structured)


def plain_message(text: str, role: str) -> ReadMessages:
    """Return one message of text that must not be taken for anything else."""
    parts = text_part(text)
    return ReadMessages((Message(role, tuple(parts)),) if parts else ())


def items_of(raw: Any, depth: int = 0) -> list[Any] | None:
    """Return the undigested messages of a conversation, to be read one by one; None for other
    shapes."""
    value = decode(raw)
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], list):
            return items_of(value[0], depth + 1) if depth < MAX_DEPTH else None
        return value if any(isinstance(item, dict) and is_message(item) for item in value) else None
    if isinstance(value, dict) and depth < MAX_DEPTH:
        if is_message(value):
            return [value]
        for inner in unwrapped(value):
            items = items_of(inner, depth + 1)
            if items:
                return items
    return None


def _walk(raw: Any, role: str, depth: int) -> tuple[list[Message], bool]:
    value = decode(raw)
    if is_blank(value) or depth > MAX_DEPTH:
        return [], False
    if isinstance(value, list):
        return _from_list(value, role, depth)
    if isinstance(value, dict):
        return _from_dict(value, role, depth)
    if isinstance(value, str):
        return _from_text(value, role, depth)
    return [Message(role, tuple(text_part(as_json(value))))], False


def _from_text(text: str, role: str, depth: int) -> tuple[list[Message], bool]:
    """Return text as it is; but the spelling of an object is read, or left as nobody's words."""
    held = parse_spelling(text)
    is_list_of_text = isinstance(held, list) and all(isinstance(item, str) for item in held)
    is_json = not isinstance(decode(text), str)  # in too many layers
    if held is not None and not is_list_of_text and not is_json:
        messages, structured = _walk(held, role, depth + 1)
        types = {part.type for message in messages for part in message.parts}
        if types - {"raw", "data"} or (types == {"data"} and is_spelling(text) and role != "user"):
            return messages, structured
        if types == {"data"} and role == "user":  # a line of code, as people write it
            return [Message(role, tuple(text_part(text)))], False
    if is_spelling(text):
        return [Message(role, (Part("raw", display_text(text)),))], False
    parts = text_part(text)
    return ([Message(role, tuple(parts))] if parts else []), False


def _is_raw(messages: list[Message]) -> bool:
    return all(part.type == "raw" for message in messages for part in message.parts)


def _is_data(messages: list[Message]) -> bool:
    return all(part.type == "data" for message in messages for part in message.parts)


def _from_list(items: list[Any], role: str, depth: int) -> tuple[list[Message], bool]:
    if is_pair(items):
        items = [items]
    items = [_read_spelling(item) for item in newest(items)]
    if len(items) == 1 and not isinstance(items[0], str):
        only = items[0]
        if not (isinstance(only, dict) and reader_of(only)):
            return _walk(only, role, depth + 1)
    if any(isinstance(item, dict) and is_message(item) for item in items):
        items = named_tools(unstreamed(items) if role == "assistant" else items)
        return [message for item in items for message in _listed(item, role, depth)], True
    known = all(isinstance(item, str) or _is_part(item) for item in items)
    if not known:
        return _from_objects(items, role, depth)
    messages = [message for item in items for message in _listed(item, role, depth)]
    return _joined(messages), False


def _read_spelling(item: Any) -> Any:
    """Return a message that a list holds as text ("ChatMessage(role=…)") or as a pair (["ai",
    "Hi"]) as an object; any other item as it is."""
    if isinstance(item, list) and is_pair(item):
        return {"role": item[0], "content": item[1]}
    if not isinstance(item, str) or not is_spelling(item):
        return item
    held = parse_spelling(item)
    return held if isinstance(held, dict) and is_message(held) else item


def _from_objects(items: list[Any], role: str, depth: int) -> tuple[list[Message], bool]:
    """Return the words that all objects of a list of no known shape hold; else the list as data."""
    if is_machinery(items) and depth < MAX_DEPTH:
        readings = [_walk(item, role, depth + 1) for item in items]
        worded = [message for messages, _ in readings for message in messages]
        worded = [message for message in worded if not _is_raw([message])]
        if worded:
            return worded, any(structured for _, structured in readings)
        return [Message(role, (Part("raw", as_json(items)),))], False
    return [Message(role, (Part("data", as_json(items)),))], False


def _listed(item: Any, role: str, depth: int) -> list[Message]:
    """Return the messages of one item of a list."""
    if isinstance(item, dict):
        return read_once(item, role, depth, _from_item)
    if isinstance(item, str) and is_spelling(item):
        return _from_text(item, role, depth)[0]
    if isinstance(item, list):
        return _from_list(item, role, depth + 1)[0] if depth < MAX_DEPTH else []
    return _from_part(item, role)


def _from_item(item: Item, role: str, depth: int) -> list[Message]:
    return messages_of(item, role, depth) if is_message(item) else _from_part(item, role)


def _from_part(item: Any, role: str) -> list[Message]:
    parts = parts_of(item)
    if any(part.type in {"tool_call", "reasoning"} for part in parts):
        role = "assistant"
    return split_roles(role, parts)


def _from_dict(value: Item, role: str, depth: int) -> tuple[list[Message], bool]:
    if is_message(value):
        return messages_of(value, role), True
    wrapped = [] if CLASS in value else unwrapped(value)
    for inner in wrapped + candidates_in(value, role):
        messages, structured = _walk(inner, role, depth + 1)
        if messages and not _is_raw(messages) and not (is_command(value) and _is_data(messages)):
            return messages, structured
    if reader_of(value) and CLASS not in value:
        return _listed(value, role, depth), False
    filled = [(key, held) for key, held in value.items() if not is_blank(held)]
    if not filled or is_silent_call(value):
        return [], False
    if len(filled) == 1 and filled[0][0] in _WORDS:
        return _walk(filled[0][1], role, depth + 1)
    if is_machinery(value) or _has_lost_messages(value):
        return [Message(role, (Part("raw", as_json(value)),))], False
    data = {key: held for key, held in value.items() if key != CLASS}
    return [Message(role, (Part("data", as_json(data)),))], False


def _has_lost_messages(value: Item) -> bool:
    """Say whether a value is a state whose messages could not be read."""
    return isinstance(decode(value.get("messages")), list)


#: Keys that only wrap what is said: {"input": "Hello"} reads "Hello".
_WORDS = frozenset(
    {
        "input", "inputs", "output", "outputs", "prompt", "question", "query", "text", "content",
        "answer", "response", "result", "message", "messages", "completion", "args", "kwargs",
        "value", "data", "user_input", "input_text", "chat_input", "final_output",
    }
)  # fmt: skip


def _is_part(item: Any) -> bool:
    if not isinstance(item, dict):
        return False
    return reader_of(item) is not None or (len(item) == 1 and isinstance(item.get("text"), str))


def _joined(messages: list[Message]) -> list[Message]:
    """Return neighbours of one role as one message: the parts of a list were one utterance."""
    return [
        Message(role, tuple(part for message in group for part in message.parts))
        for role, group in itertools.groupby(messages, key=_role)
    ]


def _role(message: Message) -> str:
    return message.role
