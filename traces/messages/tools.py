"""Spans of tools: one call in, one result out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from traces.messages.conversation import said
from traces.messages.decoding.instances import is_spelling, spelled
from traces.messages.decoding.loose_values import (
    Event,
    as_json_text,
    decode,
    is_blank,
    is_no_id,
    is_no_result,
    shown,
)
from traces.messages.dialects.genai import held_by, name_of
from traces.messages.message import is_message, messages_of
from traces.messages.parts import result_text, words_of_blocks
from traces.messages.sources import SOURCES
from traces.records import Attributes, Content, Message, Part

_NAMES = (
    "gen_ai.tool.name", "tool.name", "ai.toolCall.name", "traceloop.entity.name",
    "lk.function_tool.name",
)  # fmt: skip
_IDS = (
    "gen_ai.tool.call.id", "tool_call.id", "tool.id", "ai.toolCall.id", "lk.function_tool.id",
)  # fmt: skip
#: What smolagents hands to a tool beside its arguments.
_SWITCHES = ("sanitize_inputs_outputs",)
_ARGUMENTS = (
    "langfuse.observation.input", "gen_ai.tool.call.arguments", "ai.toolCall.args",
    "tool_arguments", "gcp.vertex.agent.tool_call_args", "gen_ai.tool.args", "tool.parameters",
    "input.value", "mlflow.spanInputs", "traceloop.entity.input", "gen_ai.prompt",
    "lk.function_tool.arguments", "mastra.tool_call.input", "mastra.mcp_tool_call.input", "input",
)  # fmt: skip
_RESULTS = (
    "langfuse.observation.output", "gen_ai.tool.call.result", "mastra.tool_call.output",
    "mastra.mcp_tool_call.output", "ai.toolCall.result",
    "tool_response", "gcp.vertex.agent.tool_response", "output.value", "mlflow.spanOutputs",
    "traceloop.entity.output", "gen_ai.completion", "lk.function_tool.output", "gen_ai.output",
    "output",
)  # fmt: skip


def name_and_id(attributes: Attributes) -> tuple[str | None, str | None]:
    """The tool's name and the id of the call, which stand there even where no text does."""
    return _first(attributes, _NAMES), _first(attributes, _IDS)


def read(attributes: Attributes, events: list[Event]) -> Content:
    """One tool_call part in, one tool_result part out; either is absent when not recorded."""
    name, call_id = name_and_id(attributes)
    call, call_source = _call(attributes, events)
    result, result_source = _result(attributes, events)
    name = name or (call.name if call else None) or (result.name if result else None)
    call_id = call_id or (call.id if call else None) or (result.id if result else None)
    asked = Part("tool_call", call.text if call else "", name, call_id)
    said_something = call is not None or result is not None
    return Content(
        input=(Message("assistant", (asked,)),) if said_something else (),
        output=(Message("tool", (Part("tool_result", result.text, name, call_id),)),)
        if result
        else (),
        source=call_source or result_source,
        structured=said_something,
    )


def _call(attributes: Attributes, events: list[Event]) -> tuple[Part | None, str]:
    for key in _ARGUMENTS:
        value = attributes.get(key)
        if value is None or (is_blank(value) and not _is_empty_object(value)):
            continue
        if (
            key == "tool.parameters"
            and _is_schema(value)
            and not is_blank(attributes.get("input.value"))
        ):
            continue
        return Part("tool_call", as_json_text(_arguments(value))), key
    for event in events:  # Strands: the arguments stand where a result would
        if name_of(event) == "gen_ai.tool.message":
            held = held_by(event)
            return _called(held.get("content"), held.get("id")), "gen_ai.events"
    return _from_messages(attributes, events, "tool_call")


def _result(attributes: Attributes, events: list[Event]) -> tuple[Part | None, str]:
    for key in _RESULTS:
        value = attributes.get(key)
        if not is_no_result(value):
            return _returned(value), key
    return _from_messages(attributes, events, "tool_result")


def _called(content: Any, call_id: Any) -> Part:
    return Part(
        "tool_call", as_json_text(content), None, call_id if isinstance(call_id, str) else None
    )


def _arguments(value: Any) -> Any:
    """Traceloop and smolagents wrap what a function was called with; that alone is shown."""
    held = decode(value)
    if not isinstance(held, dict) or not held.keys() & {"kwargs", "args", "inputs"}:
        return value
    if not held.keys() <= {"args", "kwargs", "inputs", "tags", "metadata", "input_str", *_SWITCHES}:
        return value
    return next((held[key] for key in ("inputs", "kwargs", "args") if held.get(key)), {})


def _returned(value: Any) -> Part:
    """The result as text; a message of a tool inside (LangChain) is taken out of its envelope."""
    held = decode(value)
    if isinstance(held, str) and is_spelling(held):
        object_ = spelled(held)
        held = object_ if isinstance(object_, dict) else held
        if isinstance(held, dict) and isinstance(held.get("content"), str | list):
            value = held["content"]
    if isinstance(held, dict) and "response" in held and held.keys() <= {"id", "name", "response"}:
        value = held = held["response"]  # Google ADK, beside OpenInference
    if isinstance(held, dict) and held.keys() == {"output", "kwargs"}:
        value = held = held["output"]  # Traceloop, of LangChain's callback
    found = held.get("output", held) if isinstance(held, dict) and len(held) == 1 else held
    if isinstance(found, dict) and is_message(found):
        for message in messages_of(found, "tool"):
            text = "\n".join(part.text for part in message.parts)
            return Part("tool_result", text, message.parts[0].name, message.parts[0].id)
    is_read = isinstance(held, list) or words_of_blocks(held) is not None
    return Part("tool_result", result_text(held if is_read else value))


def _from_messages(
    attributes: Attributes, events: list[Event], kind: str
) -> tuple[Part | None, str]:
    """From the messages of a span that keeps the call and the result there."""
    for source in SOURCES:
        raw = (source.input if kind == "tool_call" else source.output)(attributes, events)
        if is_blank(raw):
            continue
        messages = said(raw, "tool").messages
        parts = [part for message in messages for part in message.parts]
        found = next((part for part in parts if part.type == kind), parts[0] if parts else None)
        if found:
            return Part(kind, found.text, found.name, found.id), source.name
    return None, ""


def _is_schema(value: Any) -> bool:
    """OpenInference also writes the declaration of the parameters under `tool.parameters`."""
    held = decode(value)
    if not isinstance(held, dict) or not held:
        return False
    typed = all(isinstance(item, dict) and "type" in item for item in held.values())
    return typed or isinstance(held.get("properties"), dict)


def _is_empty_object(value: Any) -> bool:
    return isinstance(value, dict | str) and value in ({}, "{}")


def _first(attributes: Attributes, keys: Iterable[str]) -> str | None:
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, str) and not is_no_id(value):
            return shown(value.strip())
    return None
