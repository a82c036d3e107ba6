"""What a chat completion holds, in the shapes in which servers and gateways send it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from signals_app.judging.model_server.error_bodies import Told, told
from signals_app.judging.questions import Usage

#: Where servers put what the model thought, and some of them the whole answer.
_ASIDE = ("reasoning_content", "reasoning", "thinking")
_MAX_PARTS = 1000
_DETAILS = ("prompt_tokens_details", "input_tokens_details")
#: OpenAI's name (Moonshot's, too, outside of any details), DeepSeek's, Anthropic's, Gemini's.
_CACHED = (
    *("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens"),
    *("cached_content_token_count", "cachedContentTokenCount"),
)


class NoCompletion(Exception):
    """It is something else. told: the error that it holds, if it is one."""

    def __init__(self, error: Told | None) -> None:
        super().__init__("no chat completion")
        self.told = error


@dataclass(frozen=True, slots=True)
class Reply:
    """The part of a chat completion that counts. aside: text that stood where thoughts belong,
    or in the call of a tool; it is the answer only where there is no other."""

    text: str
    aside: str
    refusal: str
    finish: str
    usage: Usage


def parsed(content: bytes) -> Any:
    """JSON, also with halves of surrogates and control characters in it. Raises ValueError."""
    try:
        return orjson.loads(content)
    except ValueError:
        try:
            return json.loads(content.decode("utf-8", "replace"), strict=False)
        except RecursionError:
            raise ValueError("nested too deep") from None


def read(completion: Any) -> Reply:
    """Raises NoCompletion."""
    if not isinstance(completion, dict):
        raise NoCompletion(None)
    choices = completion.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        raise NoCompletion(told(completion))
    message = choice.get("message")
    if isinstance(choice.get("error"), dict) or (completion.get("error") and not message):
        raise NoCompletion(told(choice if choice.get("error") else completion))
    if not isinstance(message, dict):
        message = {"content": choice.get("text")} if "text" in choice else None
    if message is None:
        raise NoCompletion(told(completion))
    content = message.get("content")
    return Reply(
        text=_text(content),
        aside=_aside(message),
        refusal=_plain(message.get("refusal")) or _refused(content),
        finish=_plain(choice.get("finish_reason")),
        usage=_usage(completion.get("usage")),
    )


def _text(content: Any) -> str:
    """Return what the model says in a content: text, parts, or the object that it was asked for."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_of_part(part) for part in content[:_MAX_PARTS])
    if isinstance(content, dict):
        return _of_part(content)
    return ""


def _of_part(part: Any) -> str:
    """Text of OpenAI's, Mistral's and Anthropic's parts; nothing of a thought."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    kind = str(part.get("type", "text")).casefold()
    if "label" in part:  # the verdict itself
        return _dumped(part)
    if "think" in kind or "reason" in kind or part.get("thought") is True:
        return ""
    for key in ("text", "json", "content", "value"):
        said = part.get(key)
        if isinstance(said, str):
            return said
        if isinstance(said, dict):
            inner = said.get("value")
            return inner if isinstance(inner, str) else _dumped(said)
    return ""


def _refused(content: Any) -> str:
    parts = content[:_MAX_PARTS] if isinstance(content, list) else []
    said = (_plain(part.get("refusal")) for part in parts if isinstance(part, dict))
    return next((words for words in said if words), "")


def _aside(message: Mapping[str, Any]) -> str:
    calls = message.get("tool_calls")
    call = calls[0] if isinstance(calls, list) and calls else None
    function = call.get("function") if isinstance(call, dict) else message.get("function_call")
    if isinstance(function, dict):
        arguments = function.get("arguments")
        return arguments if isinstance(arguments, str) else _dumped(arguments)
    for key in _ASIDE:
        said = message.get(key)
        if isinstance(said, str) and said.strip():
            return said
    return ""


def _dumped(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else ""


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _usage(said: Any) -> Usage:
    """Return the tokens that a server counted; those that it had read before are part of the
    input."""
    counts = said if isinstance(said, dict) else {}
    cached = _cached(counts)
    read = _whole(counts.get("prompt_tokens"))
    if read is None:
        read = _whole(counts.get("input_tokens"))
        if read is not None and "cache_read_input_tokens" in counts:  # Anthropic counts it apart
            written = _whole(counts.get("cache_creation_input_tokens"))
            read += (cached or 0) + (written or 0)
    wrote = counts.get("completion_tokens", counts.get("output_tokens"))
    return Usage(read, _whole(wrote), cached)


def _cached(counts: Mapping[str, Any]) -> int | None:
    """Return the tokens that the server had in its cache, by whichever name it says them."""
    for name in _DETAILS:
        details = counts.get(name)
        if isinstance(details, dict):
            for key in _CACHED:
                if (said := _whole(details.get(key))) is not None:
                    return said
    return next((n for key in _CACHED if (n := _whole(counts.get(key))) is not None), None)


def _whole(value: Any) -> int | None:
    """Return a count that the database can hold, None for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if is_count else None
