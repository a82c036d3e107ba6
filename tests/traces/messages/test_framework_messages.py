"""Real traces of eight frameworks against the messages that Langfuse's own normaliser finds.

The oracle (`*.chatml.json`) keeps one entry per observation and direction, an error where it
could not read one. It is compared word for word, and departed from in five stated places,
each because the oracle itself gives up information.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.recorded import RecordedRequest, recorded_requests
from tests.recorded.expectations import DATA
from tests.recorded.stored import stored_spans
from traces import messages
from traces.records import Content, Message, StoredSpan

FOLDER = DATA / "framework-traces"
ORACLES = sorted(path.name.removesuffix(".chatml.json") for path in FOLDER.glob("*.chatml.json"))
RECORDED = {recorded.name: recorded for recorded in recorded_requests()}

#: What a message comes down to: role, text, (id, name, arguments) of its calls, id of its call.
Digest = tuple[str, str, tuple[tuple[str, str, str], ...], str]


def _recorded(name: str) -> RecordedRequest:
    return RECORDED[f"framework-traces/{name}"]


def _contents(name: str) -> dict[str, tuple[StoredSpan, Content]]:
    found = {}
    for span in stored_spans(_recorded(name)):
        held = span.payload
        content = messages.read(held["attributes"], held["events"], span.kind)
        found[span.span_id] = (span, content)
    return found


def _oracle(name: str) -> dict[str, Any]:
    oracle: dict[str, Any] = json.loads(Path(FOLDER / f"{name}.chatml.json").read_text())
    return oracle


def _canonical(value: Any) -> str:
    """Text that is JSON, or JSON itself, written in one way; other text as it is."""
    if value is None:
        return ""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else str(value)


def _expected(message: dict[str, Any]) -> Digest:
    inner = message.get("json")
    if (
        isinstance(inner, dict)
        and isinstance(inner.get("message"), dict)
        and not message.get("role")
    ):
        message = inner["message"]  # 1. the oracle leaves Logfire's `gen_ai.choice` wrapped
    role = {"model": "assistant", "developer": "system"}.get(message["role"], message["role"])
    calls = tuple(
        (call.get("id") or "", call["name"], _canonical(call["arguments"]))
        for call in message.get("tool_calls") or []
    )
    return role, _canonical(message.get("content")), calls, message.get("tool_call_id") or ""


def _ours(message: Message) -> Digest:
    calls = tuple(
        (part.id or "", part.name or "", _canonical(part.text))
        for part in message.parts
        if part.type == "tool_call"
    )
    text = "\n".join(part.text for part in message.parts if part.type != "tool_call")
    answers = [part.id for part in message.parts if part.type == "tool_result" and part.id]
    return message.role, _canonical(text), calls, answers[0] if answers else ""


def _said(found: tuple[Message, ...]) -> list[Digest]:
    return [_ours(message) for message in found]


def _agree(ours: list[Digest], expected: list[Digest]) -> None:
    assert len(ours) == len(expected)
    for mine, theirs in zip(ours, expected, strict=True):
        if mine[0] == "tool" and theirs[0] == "user":
            # 2. Gemini sends results of tools under the role "user", and the oracle keeps that.
            theirs = ("tool", *theirs[1:])
        assert mine == theirs


@pytest.mark.parametrize("name", ORACLES)
def test_messages_equal_the_oracle_beside_the_trace(name: str):
    contents = _contents(name)
    compared = 0
    for span_id, oracle in _oracle(name).items():
        span, content = contents[span_id]
        listed = {
            side: oracle[side]["data"]
            for side in ("input", "output")
            if side in oracle and oracle[side]["success"]
        }
        if "input" not in oracle and any(item.get("role") == "user" for item in listed["output"]):
            # 3. Pydantic-AI keeps the run in one list: the oracle calls all of it output.
            _agree(_said(content.input + content.output), list(map(_expected, listed["output"])))
            compared += 1
            continue
        for side, data in listed.items():
            compared += _compare(span, content.input if side == "input" else content.output, data)
    assert compared or not any(
        side["success"] for oracle in _oracle(name).values() for side in oracle.values()
    )


def _compare(span: StoredSpan, said: tuple[Message, ...], data: list[dict[str, Any]]) -> int:
    told = [{key: value for key, value in item.items() if key != "tools"} for item in data]
    if not any(told):
        # 4. Only a count is left where the messages are Python reprs (Agno), and nothing at all
        # where an ADK tool holds the placeholder `{}`: ours come from the other attributes.
        assert said
    elif span.kind == "tool" or not any(
        "role" in item or "message" in item.get("json", {}) for item in told
    ):
        # 5. JSON that is no message: the oracle splits a list into rows, ours stays whole.
        rows = [item["json"] for item in told]
        (message,) = said
        (part,) = message.parts
        if isinstance(rows[0], dict) and "raw" in rows[0]:
            # 6. The oracle keeps CrewAI's whole result; ours are its words.
            assert part.text == rows[0]["raw"]
            return 1
        assert json.loads(part.text) == (rows if part.text.startswith("[") else rows[0])
    else:
        _agree(_said(said), [_expected(item) for item in told])
    return 1


@pytest.mark.parametrize("name", ORACLES)
def test_what_the_oracle_could_not_read_is_read_all_the_same(name: str):
    contents = _contents(name)
    texts = {span.span_id: span for span in _recorded(name).spans}
    for span_id, oracle in _oracle(name).items():
        content = contents[span_id][1]
        for side, found in (("input", content.input), ("output", content.output)):
            if side in oracle and not oracle[side]["success"]:
                raw = getattr(texts[span_id], side)
                assert bool(found) == (raw not in {None, "None", ""})


def test_every_observation_of_a_file_is_in_its_request():
    for recorded in RECORDED.values():
        sent = {(span.trace_id, span.span_id) for span in stored_spans(recorded)}
        assert sent == {(span.trace_id, span.span_id) for span in recorded.spans}
        assert len(sent) == len(recorded.spans)
        roots = [span for span in recorded.spans if span.parent_span_id is None]
        assert len(roots) == 1


def test_any_agent_dumps_give_messages_calls_and_results():
    for recorded in RECORDED.values():
        if not recorded.name.startswith("any-agent/"):
            continue
        by_id = {span.span_id: span for span in recorded.spans}
        for span in stored_spans(recorded):
            content = messages.read(span.payload["attributes"], [], span.kind)
            held = by_id[span.span_id]
            assert bool(content.output) == (held.output not in {None, "", "{}", "null", "None"}), (
                span.name
            )
            if span.kind == "tool":
                (call,) = content.input[0].parts
                assert json.loads(call.text) == json.loads(held.input)
                assert call.name == span.payload["attributes"]["gen_ai.tool.name"]
                assert call.id == span.payload["attributes"].get("gen_ai.tool.call.id")
            elif held.input:
                sent = json.loads(held.input)
                assert [each.role for each in content.input] == [each["role"] for each in sent]
                assert [each.parts[0].text for each in content.input if each.role == "user"] == [
                    each["content"] for each in sent if each["role"] == "user"
                ]
