"""Recorded conversations become turns and spans in which nothing that was said is lost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import pytest

from demo.conversations import END_OF_RUN, Conversation, ModelCall, ToolRun
from demo.otlp import request_of
from demo.recording import conversations, raw_runs
from demo.spans import Place, records_of
from traces import messages, otlp
from traces.conventions import derive
from traces.records import Message, SpanRecord

pytestmark = pytest.mark.slow

#: Of all messages in tau-bench's own file (demo/data/SOURCES.md).
RECORDED = "9cbacb99f8002e410d87feca6662ac8795b3afb6bc68e6bef476af0b288b8d1d"
END_NS = 1_767_225_600_000_000_000


def spans_of(conversation: Conversation) -> list[SpanRecord]:
    return [
        span
        for turn in conversation.turns
        for span in records_of(conversation, turn, Place("s", turn.number), END_NS)
    ]


def spoken(message: Message) -> dict[str, Any]:
    """A message as read from a span, in the form of the recording."""
    calls = [(p.id, p.name, p.text) for p in message.parts if p.type == "tool_call"]
    texts = [p.text for p in message.parts if p.type in ("text", "tool_result")]
    return {"role": message.role, "text": "".join(texts), "calls": calls}


def recorded(message: dict[str, Any]) -> dict[str, Any]:
    calls = [
        (call["id"], call["function"]["name"], call["function"]["arguments"])
        for call in message.get("tool_calls") or ()
    ]
    return {"role": message["role"], "text": message["content"] or "", "calls": calls}


def telling(said: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without empty results of tools, which a reader may take for no message at all."""
    return [each for each in said if each["role"] != "tool" or each["text"] != ""]


def test_the_copied_messages_are_the_recorded_ones() -> None:
    said = [run["messages"] for run in raw_runs()]
    assert len(said) == 200
    assert hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest() == RECORDED


def test_the_turns_of_each_conversation_hold_every_message_once_and_in_order() -> None:
    for run, conversation in zip(raw_runs(), conversations(), strict=True):
        found: list[dict[str, Any]] = [run["messages"][0]]
        for turn in conversation.turns:
            found.append({"role": "user", "content": turn.question})
            for step in turn.steps:
                if isinstance(step, ModelCall):
                    assert list(step.input) == found
                    found.append(step.output)
                else:
                    result = {"tool_call_id": step.call_id, "name": step.name}
                    found.append({"role": "tool", "content": step.result} | result)
        assert found == without_end_of_run(run["messages"])


def without_end_of_run(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Written apart from the code under test: only the last message ever has the word."""
    last = said[-1]
    if END_OF_RUN not in last["content"] or last["role"] != "user":
        return said
    text = last["content"].replace(END_OF_RUN, "").strip()
    return [*said[:-1], *([{"role": "user", "content": text}] if text else [])]


def test_every_tool_call_is_a_tool_run_with_the_result_that_it_got() -> None:
    for run, conversation in zip(raw_runs(), conversations(), strict=True):
        called = [call for m in run["messages"] for call in m.get("tool_calls") or ()]
        results = [m["content"] for m in run["messages"] if m["role"] == "tool"]
        runs = [s for turn in conversation.turns for s in turn.steps if isinstance(s, ToolRun)]
        assert [(r.call_id, r.name, r.arguments, r.result) for r in runs] == [
            (call["id"], call["function"]["name"], call["function"]["arguments"], result)
            for call, result in zip(called, results, strict=True)
        ]


def test_the_spans_read_back_over_otlp_as_the_recorded_messages() -> None:
    for conversation in conversations():
        decoded = otlp.decode(request_of(spans_of(conversation)), otlp.PROTOBUF)
        assert (decoded.rejected, decoded.reasons) == (0, [])
        last = [span for span in decoded.spans if derive(span).kind == "llm"][-1]
        content = messages.read(last.attributes, last.events, "llm")
        read = telling(spoken(message) for message in (*content.input, *content.output))
        said = telling(recorded(message) for message in conversation.spoken_messages())
        assert read == said[: len(read)]
        assert all(entry["role"] != "assistant" for entry in said[len(read) :])


def test_the_fields_of_a_turns_spans_are_understood() -> None:
    conversation = next(c for c in conversations() if c.task_id == 0 and c.trial == 0)
    fields = [derive(span) for span in spans_of(conversation)]
    assert {(f.agent_id, f.agent_name) for f in fields} == {("airline-support", "Airline support")}
    roots = [f for f in fields if f.kind == "agent"]
    assert len(roots) == len(conversation.turns)
    assert {(f.session_id, f.user_id) for f in roots} == {("s", "mia_li_3668")}
    calls = [f for f in fields if f.kind == "llm"]
    assert {(f.model, f.provider) for f in calls} == {("gpt-4o", "openai")}
    assert all(f.input_tokens and f.output_tokens and f.cost_usd for f in calls)
    assert {f.kind for f in fields} == {"agent", "llm", "tool"}


def test_a_tool_that_reports_an_error_has_a_failed_span() -> None:
    failed = [span for c in conversations() for span in spans_of(c) if derive(span).is_error]
    assert {span.attributes["openinference.span.kind"] for span in failed} == {"TOOL"}
    results = [m["content"] for run in raw_runs() for m in run["messages"] if m["role"] == "tool"]
    assert len(failed) == sum(text.startswith("Error") for text in results) == 73
    assert all(span.status_message == span.attributes["output.value"] for span in failed)


def test_the_reward_is_in_the_metadata_of_every_trace_and_nowhere_else() -> None:
    for conversation in conversations():
        for span in spans_of(conversation):
            metadata = span.attributes.pop("metadata", None)
            assert (metadata is None) == (span.parent_span_id is not None)
            if metadata:
                assert json.loads(metadata)["tau_bench.reward"] == conversation.reward
            assert "reward" not in repr(span)
            assert "tau_bench" not in repr(span)


def test_the_word_that_ended_a_recording_is_in_no_span() -> None:
    assert not any(END_OF_RUN in repr(span) for c in conversations() for span in spans_of(c))


def test_the_steps_of_a_turn_follow_each_other_within_its_root() -> None:
    conversation = conversations()[3]
    for turn in conversation.turns:
        root, *steps = records_of(conversation, turn, Place("s", turn.number), END_NS)
        times = [root.start_ns, *(t for s in steps for t in (s.start_ns, s.end_ns)), root.end_ns]
        assert times == sorted(times)
        assert root.end_ns == END_NS
        assert all(step.parent_span_id == root.span_id for step in steps)


def test_a_long_turn_is_shortened_to_the_limit() -> None:
    conversation = max(conversations(), key=lambda c: max(len(t.steps) for t in c.turns))
    turn = max(conversation.turns, key=lambda t: len(t.steps))
    place = Place("s", turn.number)
    free = records_of(conversation, turn, place, END_NS)[0]
    short = records_of(conversation, turn, place, END_NS, longest_s=10.0)[0]
    assert free.end_ns - free.start_ns > 20e9
    assert 10e9 <= short.end_ns - short.start_ns < 10.2e9


def test_the_same_place_gives_the_same_spans_and_another_place_other_ids() -> None:
    conversation = conversations()[0]
    turn = conversation.turns[2]
    once = records_of(conversation, turn, Place("a", 2), END_NS)
    assert once == records_of(conversation, turn, Place("a", 2), END_NS)
    other = records_of(conversation, turn, Place("b", 2), END_NS)
    assert not {s.span_id for s in once} & {s.span_id for s in other}
    assert once[0].trace_id != other[0].trace_id


def test_a_result_without_its_call_is_an_error_of_the_recording() -> None:
    broken: list[dict[str, Any]] = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "x", "name": "think", "content": ""},
    ]
    with pytest.raises(ValueError, match="no tool call x"):
        _ = Conversation(0, 0, 0.0, "u", broken).turns
