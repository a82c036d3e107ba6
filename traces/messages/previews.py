"""A short text of what went in and what came out, for lists and search.

It runs at ingest, on the way of every request: the two commonest shapes (flattened
OpenInference messages, plain `input.value`) are read by key, nothing is parsed that is
long, and of a list of messages only the last is read.
"""

from __future__ import annotations

from typing import Any

from traces.messages import tools
from traces.messages.conversation import items_of, read_messages
from traces.messages.decoding.loose_values import Event, clean, display_text, is_blank
from traces.messages.decoding.python_reprs import is_spelling
from traces.messages.dialects import genai, openinference
from traces.messages.dialects.indexed_lists import is_index, numbered
from traces.messages.message import messages_of
from traces.messages.reading import is_plain
from traces.messages.sources import SOURCES
from traces.records import Attributes, Message

#: A longer value is cut, not parsed.
MAX_PARSED_CHARS = 65_536

#: Attributes that come before OpenInference's and before `input.value` in `sources.SOURCES`.
_RICHER = frozenset(
    {
        "langfuse.observation.input", "langfuse.observation.output", "langfuse.trace.input",
        "langfuse.trace.output", "gen_ai.input.messages", "gen_ai.output.messages",
        "gen_ai.system_instructions", "gen_ai.input", "gen_ai.output", "llm.input_messages",
        "llm.output_messages", "llm.prompts", "ai.prompt.messages", "ai.prompt",
        "ai.response.text", "ai.response.object", "ai.response.toolCalls", "ai.result.text",
        "ai.value", "ai.values", "gen_ai.prompt", "gen_ai.completion",
        "pydantic_ai.all_messages", "all_messages_events", "final_result", "events",
        "request_data", "response_data", "gcp.vertex.agent.llm_request",
        "gcp.vertex.agent.llm_response", "mlflow.spanInputs", "mlflow.spanOutputs",
        "traceloop.entity.input", "traceloop.entity.output",
    }
)  # fmt: skip
_UNLIKE_WORDS = frozenset("{[\"'(<")
_PLAIN = next(source for source in SOURCES if source.name == "plain")
_FLAT_INPUT = "llm.input_messages."
_FLAT_OUTPUT = "llm.output_messages."
_FLAT = ("llm.", "gen_ai.")
_OTHER_FLAT = ("gen_ai.prompt.", "gen_ai.completion.", "llm.prompts.", "llm.choices.")


def preview(
    attributes: Attributes, events: list[Event], kind: str, limit: int = 4096
) -> tuple[str, str]:
    """Return the last user message and the last assistant text, each at most `limit` characters, ""
    where there is none.

    The text is clean: no NUL, no lone surrogate. Never raises on JSON values.
    """
    if kind == "tool":
        return _of_tool(attributes, events, limit)
    input_roles, output_roles, listed = _flat_rows(attributes)
    is_rich = listed or "mastra.span.type" in attributes
    if is_rich or not attributes.keys().isdisjoint(_RICHER) or _tells(events):
        bounded = _bounded(attributes, limit)
        return (
            _slow(bounded, events, "input", limit)[:limit],
            _slow(bounded, events, "output", limit)[:limit],
        )
    return (
        _flat(attributes, _FLAT_INPUT, input_roles, "user", limit)
        or _value(attributes, "input", limit),
        _flat(attributes, _FLAT_OUTPUT, output_roles, "assistant", limit)
        or _value(attributes, "output", limit),
    )


def _flat_rows(attributes: Attributes) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]], bool]:
    """Return (index, role) of the flattened messages, and whether another flattened list is
    there."""
    input_roles: list[tuple[int, Any]] = []
    output_roles: list[tuple[int, Any]] = []
    listed = False
    for key in attributes:
        if not key.startswith(_FLAT):
            continue
        if key.endswith(".message.role"):
            if key.startswith(_FLAT_INPUT) and is_index(key[19:-13]):
                input_roles.append((int(key[19:-13]), attributes[key]))
            elif key.startswith(_FLAT_OUTPUT) and is_index(key[20:-13]):
                output_roles.append((int(key[20:-13]), attributes[key]))
        elif key.startswith(_OTHER_FLAT):
            listed = True
    return input_roles, output_roles, listed


def _flat(
    attributes: Attributes, prefix: str, rows: list[tuple[int, Any]], role: str, limit: int
) -> str:
    """Return the text of the last flattened message of this role."""
    rows.sort(key=_index, reverse=True)
    cells: dict[int, dict[str, Any]] | None = None  # of all rows, gathered once when needed
    for index, named in rows:
        if named != role:
            continue
        content = attributes.get(f"{prefix}{index}.message.content")
        if isinstance(content, str) and not is_blank(content):
            return _cut(content, limit)
        if cells is None:
            cells = numbered(attributes, prefix)
        for message in messages_of(openinference.message_of(cells.get(index, {})), role):
            if text := _words(message):
                return _cut(text, limit)
    return ""


def _index(row: tuple[int, Any]) -> int:
    return row[0]


def _value(attributes: Attributes, direction: str, limit: int) -> str:
    """Return `input.value` or `output.value`; bare `input`, `output` of the senders that use
    those."""
    raw = attributes.get(f"{direction}.value")
    if is_blank(raw):  # of the other sources only bare `input` and its like are left
        raw = (_PLAIN.input if direction == "input" else _PLAIN.output)(attributes, [])
        if is_blank(raw):
            return ""
    if isinstance(raw, str) and _is_words(raw, attributes, direction):
        return _cut(raw, limit)
    return _cut(_last(raw, direction), limit)


def _is_words(raw: str, attributes: Attributes, direction: str) -> bool:
    """Say whether a value is to be shown as it is: no JSON, too long, or declared as text."""
    if len(raw) > MAX_PARSED_CHARS or (raw[0] not in _UNLIKE_WORDS and not is_spelling(raw)):
        return not is_spelling(raw)
    return is_plain(attributes, direction) and not is_spelling(raw)


def _slow(attributes: Attributes, events: list[Event], direction: str, limit: int) -> str:
    """Return the words of the first source that has any; of instructions only where no source has
    more."""
    instructions = ""
    for source in SOURCES:
        raw = (source.input if direction == "input" else source.output)(attributes, events)
        if is_blank(raw):
            continue
        text, is_system = _last_said(raw, direction)
        if text and not is_system:
            return _cut(text, limit)
        instructions = instructions or text
    return _cut(instructions, limit)


def _last(raw: Any, direction: str) -> str:
    return _last_said(raw, direction)[0]


def _last_said(raw: Any, direction: str) -> tuple[str, bool]:
    """Return the last words of the wanted role, or what else was said where there are none; and
    whether they are the system's, who asks nothing."""
    role = "user" if direction == "input" else "assistant"
    items = items_of(raw)
    for item in reversed(items or []):
        if isinstance(item, dict):
            for message in reversed(messages_of(item, role)):
                if message.role == role and (text := _words(message)):
                    return text, False
    messages = read_messages(raw if items is None else items, role).messages
    return _any_words(messages), all(message.role == "system" for message in messages)


def _any_words(messages: tuple[Message, ...]) -> str:
    for message in reversed(messages):
        if text := _words(message):
            return text
    calls = (part for message in messages for part in message.parts if part.type == "tool_call")
    return ", ".join(f"{call.name or 'tool'}({call.text})" for call in calls)


def _words(message: Message) -> str:
    """Return what a message says; what its tools returned, where it says nothing."""
    words = [part.text for part in message.parts if part.type in _SAID]
    results = [part.text for part in message.parts if part.type == "tool_result"]
    return "\n".join(words or results)


_SAID = frozenset({"text", "data", "media"})


def _of_tool(attributes: Attributes, events: list[Event], limit: int) -> tuple[str, str]:
    content = tools.read(_bounded(attributes, limit), events)
    arguments = content.input[0].parts[0].text if content.input else ""
    result = content.output[0].parts[0].text if content.output else ""
    return _cut(arguments, limit), _cut(result, limit)


def _bounded(attributes: Attributes, limit: int) -> Attributes:
    """Return the attributes with every long text cut: what is not whole JSON is taken as text."""
    return {
        key: value[:limit] if isinstance(value, str) and len(value) > MAX_PARSED_CHARS else value
        for key, value in attributes.items()
    }


def _tells(events: list[Event]) -> bool:
    return any(genai.name_of(event) in genai.EVENTS for event in events)


def _cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of clean text, pictures replaced before they are cut
    apart."""
    if "base64," in text:
        text = display_text(text)
    return clean(text.strip()[:limit])
