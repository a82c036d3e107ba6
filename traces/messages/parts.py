"""The content of one message, in whatever shape a sender chose, as parts.

Shapes read here: OpenTelemetry GenAI parts, OpenAI chat and Responses items, Anthropic
blocks, Gemini parts, Bedrock blocks, Vercel AI SDK parts, LangChain tool calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from traces.messages.decoding.binary import kind_of
from traces.messages.decoding.loose_values import (
    MAX_DEPTH,
    MAX_PARTS,
    as_json,
    as_json_text,
    display_text,
    is_hidden,
    is_no_id,
    linked,
    media,
)
from traces.records import Part

Item = dict[str, Any]


def parts_of(content: Any, depth: int = 0) -> list[Part]:
    """Return the parts of a message's content: text, a list of parts, one part, or other JSON."""
    if content is None:
        return []
    if isinstance(content, str):
        return text_part(content)
    if isinstance(content, list) and depth < MAX_DEPTH:
        return [part for item in content[:MAX_PARTS] for part in parts_of(item, depth + 1)]
    if isinstance(content, dict) and depth < MAX_DEPTH:
        return part_of(content, depth)
    return [Part("data", as_json(content))]


def text_part(text: str, kind: str = "text") -> list[Part]:
    text = display_text(text)
    if not text.strip() or is_hidden(text):
        return []
    return [Part(kind, text)]


def part_of(item: Item, depth: int = 0) -> list[Part]:
    """Return the parts of one JSON object; an object of no known shape becomes "data"."""
    if not item:
        return []
    read = reader_of(item)
    if read is not None:
        return read(item, depth)
    if isinstance(item.get("parts"), list):
        return parts_of(item["parts"], depth + 1)
    for key in ("text", "content"):
        if isinstance(item.get(key), str) and ("type" in item or len(item) == 1):
            return text_part(item[key])
    return [Part("data", as_json(item))]


def reader_of(item: Item) -> Callable[[Item, int], list[Part]] | None:
    """Return the function that reads this shape; None for an object that is no known part."""
    kind = item.get("type", item.get("kind"))
    if isinstance(kind, str) and kind in _BY_TYPE:
        return _BY_TYPE[kind]
    function = item.get("function")
    if kind == "function" and isinstance(function, dict) and "arguments" in function:
        return _tool_call
    if (
        len(item) == 1
        and isinstance(next(iter(item.values())), dict)
        and _BEDROCK_MEDIA & set(item)
    ):
        return _media
    if len(item) == 1 and "json" in item:  # Bedrock
        return _json_block
    for key, read in _BY_KEY:
        if key in item:
            return read
    return None


def result_text(value: Any, depth: int = 0) -> str:
    """Return the result of a tool as text: words of text parts, otherwise JSON."""
    if isinstance(value, dict) and set(value) == {"type", "value"}:  # Vercel: typed output
        value = value["value"]
    words = words_of_blocks(value, depth)
    return as_json_text(value) if words is None else words


def words_of_blocks(value: Any, depth: int = 0) -> str | None:
    """Return what a list of text, pictures and files says; None for any other value."""
    if isinstance(value, dict) and value.keys() <= _MCP_KEYS and not value.get("isError"):
        value = value.get("content")
    if isinstance(value, list) and depth < MAX_DEPTH and _are_blocks(value):
        return "\n".join(part.text for item in value for part in part_of(item, depth + 1))
    return None


#: The result of a tool of the Model Context Protocol; `isError` is told with the rest.
_MCP_KEYS = frozenset({"content", "isError", "_meta", "meta", "structuredContent"})


def _are_blocks(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(item, dict) and _is_result_block(item) for item in value)


def tool_calls(message: Item) -> list[Part]:
    """Return the tool calls that stand beside the content of an assistant's message."""
    listed = message.get("tool_calls") or message.get("toolCalls")
    extra = message.get("additional_kwargs")
    if not listed and isinstance(extra, dict):  # LangChain keeps the raw ones here
        listed = extra.get("tool_calls")
    calls = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    lone = message.get("function_call")
    if isinstance(lone, dict) and not calls:
        calls = [lone]
    return [part for item in calls[:MAX_PARTS] for part in _tool_call(item, 0)]


def _is_result_block(item: Item) -> bool:
    if str(item.get("type")) in _RESULT_BLOCKS:
        return True
    return len(item) == 1 and next(iter(item)) in {"text", "json", "image", "document", "video"}


_RESULT_BLOCKS = frozenset(
    {
        "text", "input_text", "output_text", "image", "audio", "video", "document", "media", "file",
        "image_url", "input_image", "input_file", "input_audio", "resource", "resource_link",
        "image-data", "file-data", "image-url", "file-url",
    }
)  # fmt: skip


def _resource(item: Item, depth: int) -> list[Part]:
    """Return the text of a resource of the Model Context Protocol, or what kind of file it is."""
    inner = item.get("resource")
    inner = inner if isinstance(inner, dict) else item
    if isinstance(inner.get("text"), str):
        return text_part(inner["text"])
    blob = inner.get("blob")
    if isinstance(blob, str):
        return [Part("media", media(_first_text(inner, *_MIME_KEYS), blob))]
    address = _first_text(inner, "uri", "name") or ""
    return [Part("media", linked(_first_text(inner, *_MIME_KEYS) or "resource", address))]


def _text(item: Item, depth: int) -> list[Part]:
    for key in ("text", "content", "refusal", "value"):
        if isinstance(item.get(key), str):
            return text_part(item[key])
        if isinstance(item.get(key), dict | list):
            return parts_of(item[key], depth + 1)
    return []


def _reasoning(item: Item, depth: int) -> list[Part]:
    for key in ("text", "content", "thinking", "reasoning", "summary", "reasoningContent"):
        reasoning = item.get(key)
        if isinstance(reasoning, dict):  # Bedrock: {"reasoningText": {"text": ...}}
            reasoning = reasoning.get("reasoningText", reasoning)
        words = [part.text for part in parts_of(reasoning, depth + 1)]
        if words:
            return text_part("\n".join(words), "reasoning")
    return []


def _tool_call(item: Item, depth: int) -> list[Part]:
    inner = _first(item, "function", "tool_call", "toolUse", "functionCall", "function_call")
    inner = inner if isinstance(inner, dict) else item
    if "function" in inner and isinstance(inner["function"], dict):
        inner = inner["function"]
    arguments = _first(inner, "arguments", "args", "input", "parameters", "tool.args")
    name = _name(inner) or _name(item)
    if name is None and arguments is None:
        return []
    return [Part("tool_call", as_json_text(arguments), name, _id(item) or _id(inner))]


def _server_tool_call(item: Item, depth: int) -> list[Part]:
    detail = _first(item, "server_tool_call", "server_tool_call_response")
    name = _name(item)
    if "response" in str(item.get("type")):
        return [Part("tool_result", result_text(detail, depth + 1), name, _id(item))]
    return [Part("tool_call", as_json_text(_first(item, "arguments") or detail), name, _id(item))]


def _tool_result(item: Item, depth: int) -> list[Part]:
    inner = _first(item, "toolResult", "functionResponse", "function_response")
    inner = inner if isinstance(inner, dict) else item
    value = _first(inner, "response", "result", "output", "content")
    return [Part("tool_result", result_text(value, depth + 1), _name(inner), _id(inner))]


def _media(item: Item, depth: int) -> list[Part]:
    """Return the placeholder of a picture, sound or file, never its bytes."""
    inner = item
    for _ in range(2):  # Bedrock: {"image": {"format": ..., "source": {"bytes": ...}}}
        nested = (inner[key] for key in _MEDIA_KEYS if isinstance(inner.get(key), dict))
        inner = {**inner, **next(nested, {})}
    mime = _first_text(inner, *_MIME_KEYS) or _format_of(item, inner)
    url = _first_text(inner, "url", "uri", "image_url", "file_uri", "fileUri")
    if url:
        return [Part("media", linked(mime, url))]
    encoded = _first_text(inner, "data", "content", "file_data", "bytes", "image", "base64")
    if encoded and encoded.startswith(("data:", "http://", "https://")):
        return [Part("media", linked(mime, encoded))]
    if encoded:
        return [Part("media", media(mime, encoded))]
    name = _first_text(inner, "file_id", "filename", "fileName", "name", "id")
    return [Part("media", linked(mime, name or ""))]


_MEDIA_KEYS = (
    "image_url", "source", "input_audio", "audio", "file", "inline_data", "inlineData",
    "file_data", "fileData", "blob", "image", "document", "video",
)  # fmt: skip
_BEDROCK_MEDIA = {"image", "document", "video"}
_MIME_KEYS = ("mime_type", "mimeType", "media_type", "mediaType")


def _format_of(item: Item, inner: Item) -> str:
    """Return image/png of Bedrock's {"image": {"format": "png", ...}}; else what its bytes begin
    with, or what kind of media the part says that it is."""
    name = next((key for key in _BEDROCK_MEDIA if key in item), None)
    if name and isinstance(inner.get("format"), str):
        return f"{name}/{inner['format']}"
    encoded = _first_text(inner, "data", "content", "file_data", "bytes", "image", "base64")
    return kind_of(encoded or "") or _plain_kind(inner)


def _plain_kind(item: Item) -> str:
    """Return what kind of media a part says it is, when it names no MIME type."""
    modality = _first_text(item, "modality")
    kind = modality or _first_text(item, "type") or "media"
    return _KIND_OF_PART.get(kind, kind)


_KIND_OF_PART = {
    "image_url": "image", "input_image": "image", "image-data": "image", "image-url": "image",
    "input_audio": "audio", "input_file": "file", "file-data": "file", "file-url": "file",
}  # fmt: skip


def _gemini_text(item: Item, depth: int) -> list[Part]:
    kind = "reasoning" if item.get("thought") is True else "text"
    text = item.get("text")
    return text_part(text, kind) if isinstance(text, str) else parts_of(text, depth + 1)


def _json_block(item: Item, depth: int) -> list[Part]:
    return [Part("data", as_json(item.get("json")))]


_BY_TYPE: dict[str, Callable[[Item, int], list[Part]]] = {
    **dict.fromkeys(("text", "input_text", "output_text", "refusal", "compaction"), _text),
    **dict.fromkeys(("reasoning", "thinking", "redacted_thinking", "thought"), _reasoning),
    **dict.fromkeys(
        ("tool_call", "tool-call", "tool_use", "function_call", "mcp_call", "tool-use"), _tool_call
    ),
    **dict.fromkeys(
        (
            "tool_call_response", "tool-result", "tool_result", "function_call_output",
            "tool-return", "tool_response",
        ),
        _tool_result,
    ),
    **dict.fromkeys(
        ("server_tool_call", "server_tool_call_response", "server_tool_use"), _server_tool_call
    ),
    "json": _json_block,
    **dict.fromkeys(("resource", "resource_link"), _resource),
    **dict.fromkeys(
        (
            "blob", "uri", "file", "image", "image_url", "input_image", "input_audio", "audio",
            "input_file", "document", "video", "media", "image-data", "file-data", "image-url",
            "file-url",
        ),
        _media,
    ),
}  # fmt: skip

#: Shapes without a type, told apart by a key. The order matters: the surest first.
_BY_KEY: tuple[tuple[str, Callable[[Item, int], list[Part]]], ...] = (
    ("functionCall", _tool_call),
    ("function_call", _tool_call),
    ("functionResponse", _tool_result),
    ("function_response", _tool_result),
    ("toolUse", _tool_call),
    ("toolResult", _tool_result),
    ("toolCallId", _tool_call),
    ("tool.name", _tool_call),
    ("inlineData", _media),
    ("inline_data", _media),
    ("fileData", _media),
    ("file_data", _media),
    ("reasoningContent", _reasoning),
    ("thought", _gemini_text),
)


def _first(item: Item, *keys: str) -> Any:
    return next((item[key] for key in keys if item.get(key) is not None), None)


def _first_text(item: Item, *keys: str) -> str | None:
    return next((item[key] for key in keys if isinstance(item.get(key), str) and item[key]), None)


def _name(item: Item) -> str | None:
    name = _first_text(item, "name", "toolName", "tool_name", "tool.name")
    return display_text(name) if name else None


def _id(item: Item) -> str | None:
    """Return the id of the call; OpenAI's Responses items have an `id` of their own beside
    `call_id`."""
    call_id = _first_text(item, "call_id", "toolCallId", "tool_call_id", "toolUseId", "tool_use_id")
    call_id = call_id or _first_text(item, "id")
    return display_text(call_id) if call_id and not is_no_id(call_id) else None
