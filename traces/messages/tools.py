"""Spans of tools: one call in, one result out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from traces.messages.conversation import read_messages
from traces.messages.decoding.instances import parse_spelling
from traces.messages.decoding.loose_values import (
    Event,
    as_json_text,
    decode,
    display_text,
    is_blank,
    is_no_id,
    is_no_result,
)
from traces.messages.decoding.python_reprs import is_spelling
from traces.messages.dialects.genai import attributes_of, name_of
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
    """Return the tool's name and the id of the call, which are recorded even where no text is."""
    return _first(attributes, _NAMES), _first(attributes, _IDS)


def read(attributes: Attributes, events: list[Event]) -> Content:
    """Return one tool_call part in and one tool_result part out; either is absent when not
    recorded."""
    name, call_id = name_and_id(attributes)
    call, call_source = _call(attributes, events)
    result, result_source = _result(attributes, events)
    name = name or (call.name if call else None) or (result.name if result else None)
    call_id = call_id or (call.id if call else None) or (result.id if result else None)
    called = Part("tool_call", call.text if call else "", name, call_id)
    is_recorded = call is not None or result is not None
    return Content(
        input=(Message("assistant", (called,)),) if is_recorded else (),
        output=(Message("tool", (Part("tool_result", result.text, name, call_id),)),)
        if result
        else (),
        source=call_source or result_source,
        structured=is_recorded,
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
            held = attributes_of(event)
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
    """Return what a function was called with, out of what Traceloop and smolagents wrap it in."""
    held = decode(value)
    if not isinstance(held, dict) or not held.keys() & {"kwargs", "args", "inputs"}:
        return value
    if not held.keys() <= {"args", "kwargs", "inputs", "tags", "metadata", "input_str", *_SWITCHES}:
        return value
    return next((held[key] for key in ("inputs", "kwargs", "args") if held.get(key)), {})


def _returned(value: Any) -> Part:
    """Return the result as text; a message of a tool inside (LangChain) is taken out of its
    envelope."""
    held = decode(value)
    if isinstance(held, str) and is_spelling(held):
        spelled_object = parse_spelling(held)
        held = spelled_object if isinstance(spelled_object, dict) else held
        if isinstance(held, dict) and isinstance(held.get("content"), str | list):
            value = held["content"]
    if isinstance(held, dict) and "response" in held and held.keys() <= {"id", "name", "response"}:
        value = held = held["response"]  # Google ADK, beside OpenInference
    if isinstance(held, dict) and held.keys() == {"output", "kwargs"}:
        value = held = held["output"]  # Traceloop, of LangChain's callback
    message_object = held.get("output", held) if isinstance(held, dict) and len(held) == 1 else held
    if isinstance(message_object, dict) and is_message(message_object):
        for message in messages_of(message_object, "tool"):
            text = "\n".join(part.text for part in message.parts)
            return Part("tool_result", text, message.parts[0].name, message.parts[0].id)
    is_read = isinstance(held, list) or words_of_blocks(held) is not None
    return Part("tool_result", result_text(held if is_read else value))


def _from_messages(
    attributes: Attributes, events: list[Event], kind: str
) -> tuple[Part | None, str]:
    """Return the call or the result from the messages of a span that keeps it there, and the
    source."""
    for source in SOURCES:
        raw = (source.input if kind == "tool_call" else source.output)(attributes, events)
        if is_blank(raw):
            continue
        messages = read_messages(raw, "tool").messages
        parts = [part for message in messages for part in message.parts]
        wanted = next((part for part in parts if part.type == kind), parts[0] if parts else None)
        if wanted:
            return Part(kind, wanted.text, wanted.name, wanted.id), source.name
    return None, ""


def _is_schema(value: Any) -> bool:
    """Say whether a value declares parameters: OpenInference writes that under `tool.parameters`
    too."""
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
            return display_text(value.strip())
    return None
