"""What messages are wrapped in: requests, responses and states of frameworks, told by a key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from traces.messages.decoding.loose_values import MAX_MESSAGES, decode, is_blank
from traces.messages.message import is_message
from traces.messages.parts import Item


def _system(value: Item) -> list[Item]:
    """Return the instructions that stand beside the messages, as a message."""
    config = value.get("config")
    held = [value.get(key) for key in ("system", "instructions", "system_instruction")]
    held += [config.get("system_instruction")] if isinstance(config, dict) else []
    held += [value.get("systemInstruction")]
    instructions = next((text for text in held if not is_blank(text)), None)
    return [{"role": "system", "content": instructions}] if instructions is not None else []


def unwrapped(value: Item) -> list[Any]:
    """Return what may stand inside a request, a response or a state, likeliest first."""
    return [inner for read in _WRAPPERS if (inner := read(value)) is not None]


def _messages_key(value: Item) -> Any:
    listed = decode(value.get("messages"))
    if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], list):
        listed = listed[0]  # LangChain: a batch of conversations
    return None if is_blank(listed) else _after_system(value, listed, "user")


def _prompt_key(value: Item) -> Any:
    """Read {"system": ..., "prompt": ...} of Vercel, {"instructions": ..., "input": ...} of
    OpenAI."""
    system = _system(value)
    prompt = decode(value.get("prompt", value.get("input")))
    return _after_system(value, prompt, "user") if system and not is_blank(prompt) else None


def _after_system(value: Item, listed: Any, role: str) -> Any:
    system = _system(value)
    if not system:
        return listed
    return system + (listed if isinstance(listed, list) else [{"role": role, "content": listed}])


def _contents_key(value: Item) -> Any:
    contents = value.get("contents")
    return None if is_blank(contents) else _after_system(value, contents, "user")


def _choices_key(value: Item) -> Any:
    listed = value.get("choices") or value.get("candidates")
    if not isinstance(listed, list):
        return None
    messages: list[Any] = []
    for choice in listed[:MAX_MESSAGES]:
        if isinstance(choice, dict):
            inner = choice.get("message") or choice.get("content") or choice.get("text")
            reason = choice.get("finish_reason") or choice.get("finishReason")
            message = inner if isinstance(inner, dict) else {"content": inner}
            messages.append({"role": "assistant", "finish_reason": reason, **message})
    return messages or None


def _generations_key(value: Item) -> Any:
    """Read LangChain's LLMResult: a batch of candidates of messages or texts."""
    batch = value.get("generations")
    if not isinstance(batch, list):
        return None
    flat = [item for row in batch for item in (row if isinstance(row, list) else [row])]
    held = [item for item in flat[:MAX_MESSAGES] if isinstance(item, dict)]
    return [_generated(item) for item in held]


def _generated(item: Item) -> Any:
    """Return the message of a candidate; its text where its message lost its own."""
    message = item.get("message")
    return message if isinstance(message, dict) and message else item.get("text")


def _content_key(value: Item) -> Any:
    """Read Gemini's response as ADK keeps it: {"content": {"parts": [...], "role": "model"}}."""
    content = value.get("content")
    held = isinstance(content, dict) and isinstance(content.get("parts"), list)
    return content if held else None


def _output_key(value: Item) -> Any:
    """Read Bedrock's {"output": {"message": ...}} and the list of OpenAI's Responses."""
    output = decode(value.get("output"))
    if isinstance(output, dict) and isinstance(output.get("message"), dict):
        return output["message"]
    typed = isinstance(output, list) and output and isinstance(output[0], dict)
    return output if typed and "type" in output[0] else None


def _key(name: str) -> Callable[[Item], Any]:
    def read(value: Item) -> Any:
        inner = value.get(name)
        return inner if isinstance(inner, dict) and is_message(inner) else None

    return read


_OF_A_CALL = frozenset({"inputs", "args", "kwargs", "outputs", "tags", "metadata"})


def _call_key(value: Item) -> Any:
    """Read Traceloop's {"inputs", "args", "kwargs", "tags", "metadata"} of a function call."""
    if not value.keys() <= _OF_A_CALL:
        return None
    held = (value.get(key) for key in ("inputs", "outputs", "args", "kwargs"))
    return (
        None if is_silent_call(value) else next((part for part in held if not is_blank(part)), None)
    )


def is_silent_call(value: Item) -> bool:
    """Say whether a call tells that nothing went in or came out: what stands beside that is
    nobody's.

    So Traceloop sends a step that LangChain ended: {"outputs": null, "kwargs": {"tags": [...]}}.
    """
    sides = [value[key] for key in ("inputs", "outputs") if key in value]
    return bool(sides) and value.keys() <= _OF_A_CALL and all(map(is_blank, sides))


_WRAPPERS: tuple[Callable[[Item], Any], ...] = (
    _messages_key, _contents_key, _choices_key, _generations_key, _key("new_message"),
    _content_key, _key("message"), _key("chat_message"), _output_key, _prompt_key, _call_key,
)  # fmt: skip
