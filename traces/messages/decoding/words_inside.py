"""Where the words stand in what a framework handed on: results, states, events, commands.

What has a known place for words is read there. What has none is "raw": it is shown with
its span, and is nobody's words.
"""

from __future__ import annotations

from typing import Any, Final

from traces.messages.decoding.loose_values import decode, is_blank
from traces.messages.decoding.python_reprs import CLASS, is_spelling
from traces.messages.parts import Item

#: Keys for the words of an object of Python or of a framework's result, surest first.
ANSWER_KEYS: Final = (
    "message", "response", "result", "final_output", "final_result", "final_answer", "output",
    "outputs", "raw", "answer", "reply", "replies", "chat_message", "completion", "content",
    "text", "messages", "generations", "choices", "candidates", "parts", "update",
    "return_values", "output_text", "value",
)  # fmt: skip
QUESTION_KEYS: Final = (
    "messages", "chat_history", "user_msg", "user_message", "user_input", "input", "inputs",
    "question", "query", "prompt", "message", "content", "text", "user_prompt", "task",
)  # fmt: skip

#: Of a plain object the one key that holds what was asked or answered.
_ASKED: Final = (
    "question", "query", "user_input", "user_message", "user_msg", "user_query", "user_prompt",
    "input", "prompt", "message", "inputText", "input_text", "userInput", "userMessage",
    "chatInput", "chat_input",
)  # fmt: skip
_ANSWERED: Final = (
    "final_answer", "answer", "final_output", "output", "response", "result", "reply", "raw",
    "output_text", "text", "content", "completion",
)  # fmt: skip
_COMMAND = frozenset({"graph", "update", "resume", "goto"})
#: What stands beside the text of a result, of Vercel's AI SDK and Mastra, and of CrewAI.
_BESIDE_TEXT = frozenset(
    {
        "text", "files", "warnings", "sources", "reasoning", "reasoningText", "toolCalls",
        "toolResults", "staticToolCalls", "dynamicToolCalls", "finishReason", "usage",
        "totalUsage", "steps", "object", "response", "request", "providerMetadata", "tripwire",
        "error", "content", "logprobs", "experimental_output", "output", "traceId", "spanId",
        "runId", "suspendPayload", "messages", "rawFinishReason", "resumeSchema",
    }
)  # fmt: skip
_BESIDE_RAW = frozenset({"pydantic", "json_dict", "tasks_output", "output_format", "token_usage"})
#: Keys that only the insides of a framework have.
_MACHINE_KEYS = frozenset(
    {
        "generations", "init_state", "ctx", "callbacks", "run_manager", "lc_kwargs", "serialized",
        "__pregel_task_id", "langgraph_step", "is_running", "handler", "resume", "goto",
        "invalid_tool_calls", "llm_output", "lc", "broker_log", "agent_scratchpad",
    }
)  # fmt: skip
_MACHINE_TYPES = ("ChatGeneration", "Generation", "LLMResult")
_MACHINE_CLASSES = ("Event", "State", "Command", "Context", "Config", "Request", "Handler", "Send")
#: What stands beside the task that an agent of smolagents was given.
_BESIDE_TASK = frozenset(
    {"task", "stream", "reset", "images", "additional_args", "max_steps", "return_full_result"}
)
#: ADK's event of a failed call has these and no content.
_FAILED_EVENT = frozenset({"error_code", "error_message", "invocation_id"})
_MAX_SCANNED: Final = 400


def candidates_in(value: Item, role: str) -> list[Any]:
    """Return what may hold the words of an object, surest first; [] where it has no place for
    them."""
    if CLASS in value:
        keys = QUESTION_KEYS if role == "user" else ANSWER_KEYS
        return [value[key] for key in keys if not is_blank(value.get(key))]
    if is_command(value):
        return [value["update"]]
    if isinstance(value.get("raw"), str) and value.keys() & _BESIDE_RAW:
        return [value["raw"]]
    text = value.get("text")
    if isinstance(text, str) and not is_blank(text) and value.keys() <= _BESIDE_TEXT:
        return [text]
    task = value.get("task")
    if isinstance(task, str) and len(value) > 1 and value.keys() <= _BESIDE_TASK:
        return [task]
    for key in ("replies", "return_values"):  # Haystack, LangChain's AgentFinish
        if isinstance(value.get(key), list | dict) and value[key]:
            return [value[key]]
    return _nested(value) or _asked_or_answered(value, role)


def is_command(value: Item) -> bool:
    """Say whether an object is LangGraph's order to a graph: what it updates may hold messages,
    else it is state."""
    return value.keys() <= _COMMAND and "update" in value


def is_machinery(value: Any) -> bool:
    """Say whether an object or list is the insides of a framework, and not a structured answer."""
    waiting, left = [value], _MAX_SCANNED
    while waiting and left:
        held = waiting.pop()
        left -= 1
        if isinstance(held, dict):
            if held.keys() & _MACHINE_KEYS or _is_machine_class(held.get(CLASS)):
                return True
            if held.get("type") in _MACHINE_TYPES or held.keys() >= _FAILED_EVENT:
                return True
            waiting.extend(list(held.values())[:left])
        elif isinstance(held, list):
            waiting.extend(held[:left])
        elif isinstance(held, str) and _may_be_spelling(held):
            return True
    return False


def _may_be_spelling(text: str) -> bool:
    return text[:1] in "<[" + _CAPITALS and is_spelling(text)


_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _is_machine_class(name: Any) -> bool:
    return isinstance(name, str) and name.endswith(_MACHINE_CLASSES)


def _nested(value: Item) -> list[Any]:
    """Return what the nodes of a graph or pipeline put out: {"agent": {"messages": [...]}}."""
    held = [decode(inner) for inner in list(value.values())[:20]]
    return [
        inner
        for inner in held
        if isinstance(inner, dict) and any(inner.get(key) for key in ("messages", "replies"))
    ]


def _asked_or_answered(value: Item, role: str) -> list[Any]:
    """Return the only words among what an application hands to its chain or gets from it. A flat
    object may be the structured answer that was asked for: it is left as it is."""
    is_flat = not any(isinstance(held, dict | list) and held for held in value.values())
    if role != "user" and is_flat:
        return []
    keys = _ASKED if role == "user" else _ANSWERED
    words = [value[key] for key in keys if isinstance(value.get(key), str) and value[key].strip()]
    if len(words) != 1:
        return []
    return [_with_media(value, words[0]) if role == "user" else words[0]]


def _with_media(value: Item, question: str) -> Any:
    """Return a question with the pictures and the history that came with it."""
    history = value.get("chat_history", value.get("history"))
    pictures = [
        {"type": "image", "data": held}
        for held in value.values()
        if isinstance(held, str) and held.startswith("data:")
    ]
    content: Any = [{"type": "text", "text": question}, *pictures] if pictures else question
    asking = {"role": "user", "content": content}
    if isinstance(history, list) and history:
        return {"messages": [*history, asking]}
    return content
