"""What each model call repeats is read once, and the transcript is the same as if it were not."""

from __future__ import annotations

import json
import random
from contextlib import nullcontext
from typing import Any

import pytest

from tests.traces.cases import DATA, traces_of
from tests.traces.conversations import assistant, call, result, span, system, user
from traces.messages import conversation, message, repeats
from traces.records import StoredSpan
from traces.transcript import Transcript, deduplication, of_session, reading

pytestmark = pytest.mark.slow

Traces = list[list[StoredSpan]]

CASES = sorted(
    f"{path.parent.name}/{path.stem}"
    for folder in ("client-cases", "judge-cases")
    for path in (DATA / folder).glob("*.json")
    if "resourceSpans" in path.read_text()
)


def without_memory(traces: Traces, monkeypatch: pytest.MonkeyPatch) -> Transcript:
    """The same transcript, with every message of every call decoded, read and compared."""
    with monkeypatch.context() as patch:
        patch.setattr(reading, "remembered", nullcontext)
        patch.setattr(deduplication.Deduplication, "_repeated", lambda *_: None)
        return of_session(traces)


def made_up(seed: int) -> Traces:
    """A conversation with the troubles of real ones: ids that come again, clocks that differ,
    calls beside each other, several agents, histories that are cut or summed up, failures."""
    chance = random.Random(seed)
    words = ["yes", "no", "Where is order 7?", "It arrives tomorrow.", "Thanks", "And now?"]
    history: list[dict[str, Any]] = [system("Be kind.")] if chance.random() < 0.6 else []
    traces: Traces = []
    number = 0
    at = 0.0
    write = chance.choice((json.dumps, json.dumps, lambda value: json.loads(json.dumps(value))))
    for turn in range(chance.randint(2, 7)):
        trace = f"{turn + 1:032x}"
        history.append(user(chance.choice(words)))
        spans: list[StoredSpan] = []
        at += chance.choice((5, 10, 0.5))
        for _ in range(chance.randint(1, 4)):
            number += 1
            call_id = chance.choice(("", f"c{number}", "c1"))
            arguments = json.dumps({"q": chance.choice(words)})
            has_call = chance.random() < 0.5
            calls = [(call_id, "look_up", arguments)] if has_call else []
            answer = assistant(chance.choice(words), *calls)
            carried = history[-chance.randint(2, 6) :] if chance.random() < 0.15 else history
            agent = chance.choice(("support", "billing")) if chance.random() < 0.2 else "support"
            spans.append(
                span(
                    number,
                    "llm",
                    parent=None if chance.random() < 0.7 else 1,
                    trace=trace,
                    agent=agent,
                    at=at + chance.choice((0, 0, -3)),
                    lasts=chance.choice((0.5, 4)),
                    error="TimeoutError" if chance.random() < 0.05 else None,
                    gen_ai__input__messages=write(carried),
                    gen_ai__output__messages=[answer],
                )
            )
            at += chance.choice((0.2, 1))
            history.append(answer)
            if has_call:
                text = chance.choice(words)
                history.append(result(call_id, text))
                if chance.random() < 0.6:
                    number += 1
                    held: dict[str, Any] = {
                        "gen_ai__tool__name": "look_up",
                        "gen_ai__tool__call__id": call_id,
                    }
                    held |= {"gen_ai__tool__call__arguments": arguments}
                    spans.append(span(number, "tool", trace=trace, at=at, **held))
        if chance.random() < 0.5:
            number += 1
            asked: dict[str, Any] = {
                "input__value": history[-1]["content"] or "?",
                "output__value": "yes",
            }
            spans.append(
                span(number, "agent", trace=trace, at=at - 3, lasts=5, agent="support", **asked)
            )
        if chance.random() < 0.1:
            history = [system("Summary: he asked for order 7."), *history[-2:]]
        traces.append(spans)
    return traces


@pytest.mark.parametrize("case", CASES)
def test_what_clients_sent_reads_the_same(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert of_session(traces_of(case)) == without_memory(traces_of(case), monkeypatch)


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_made_up_conversations_read_the_same(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(first, first + 50):
        traces = made_up(seed)
        monkeypatch.setattr(repeats, "_LEAST_CHARS", 10)
        monkeypatch.setattr(repeats, "_BEGINNING_CHARS", 10)
        assert of_session(traces) == without_memory(traces, monkeypatch), seed


def long_conversation(turns: int, calls: int) -> Traces:
    """A conversation that each of its model calls repeats from the beginning."""
    traces: Traces = []
    history: list[dict[str, Any]] = []
    for turn in range(turns):
        history.append(user(f"question {turn}"))
        spans = []
        for number in range(calls):
            answer = assistant(f"answer {turn}.{number}")
            place = turn * calls + number + 1
            asked = json.loads(json.dumps(history))
            spans.append(call(place, asked, [answer], at=place * 2, trace=f"{turn + 1:032x}"))
            history.append(answer)
        traces.append(spans)
    return traces


def test_each_message_of_a_long_conversation_is_read_twice_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, compared = [], []
    real_read, real_say = message.messages_of, deduplication.Deduplication._add_message

    def counting(*args: Any) -> Any:
        read.append(1)
        return real_read(*args)

    def comparing(*args: Any, **more: Any) -> Any:
        compared.append(1)
        return real_say(*args, **more)

    monkeypatch.setattr(conversation, "messages_of", counting)
    monkeypatch.setattr(deduplication.Deduplication, "_add_message", comparing)
    transcript = of_session(long_conversation(turns=40, calls=4))
    assert len(transcript.entries) == 200
    assert len(read) <= 2 * 200  # as what was answered, and as what is repeated of it
    assert len(compared) <= 2 * 200  # 16,240 messages were sent


def test_an_open_call_is_given_a_result_that_stands_in_the_history(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def traces() -> Traces:
        told = [user("And 7?"), result("c1", "delivered"), user("Sure?")]
        asks = assistant("", ("c1", "look_up", "{}"))
        first = call(1, told, [assistant("Yes.")], trace="1" * 32)
        second = call(2, told, [asks], at=10, trace="2" * 32)
        third = call(3, [*told, asks], [assistant("Once more.")], at=20, trace="2" * 32)
        fourth = call(4, [*told, asks, user("So?")], [], at=30, trace="2" * 32)
        return [[first], [second, third, fourth]]

    assert of_session(traces()) == without_memory(traces(), monkeypatch)


def test_of_a_history_longer_than_is_read_the_newest_messages_are() -> None:
    history = [system("Be kind.")]
    for number in range(1_500):
        history += [user(f"question {number}"), assistant(f"answer {number}")]
    first = call(1, [*history, user("Are you there?")], [assistant("Yes.")], trace="1" * 32)
    asked = [*history, user("Are you there?"), assistant("Yes."), user("Still?")]
    second = call(2, asked, [assistant("Always.")], at=10, trace="2" * 32)
    transcript = of_session([[first], [second]])
    assert [entry.text for entry in transcript.turns[1].entries] == ["Still?", "Always."]
    assert [entry.text for entry in transcript.turns[0].entries if not entry.is_context] == [
        "Be kind.",
        "Are you there?",
        "Yes.",
    ]
