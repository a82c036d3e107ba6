"""Transcripts of broken and of huge traces."""

from __future__ import annotations

import time

import pytest

from tests.traces.conversations import assistant, call, lines, span, user
from traces.transcript import of_session, of_trace, reading

pytestmark = pytest.mark.slow

WORDS = "some words " * 180  # about 2,000 characters


def test_ten_thousand_model_calls_take_less_than_two_seconds():
    spans = [span(1, "agent", lasts=20_000)]
    for number in range(2, 10_002):
        said = call(number, [user(f"{number} {WORDS}")], [assistant(f"{WORDS} {number}")], parent=1)
        said.start_ns = said.end_ns = number * 1_000
        spans.append(said)
    began = time.process_time()
    transcript = of_trace(spans)
    assert time.process_time() - began < 2
    assert (len(transcript.entries), transcript.omitted_spans) == (20_000, 0)


def test_a_history_that_grows_for_ever_keeps_its_end():
    history, spans = [], []
    for number in range(450):
        history.append(user(f"question {number}"))
        spans.append(call(number + 1, list(history), [assistant(f"answer {number}")], at=number))
        history.append(assistant(f"answer {number}"))
    transcript = of_trace(spans)
    assert transcript.omitted_spans > 0
    assert lines(transcript) == [
        line
        for number in range(450)
        for line in (f"user: question {number}", f"assistant: answer {number}")
    ]


def test_of_too_many_spans_the_middle_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "MAX_SPANS", 500)
    spans = [
        span(number, "agent", at=number, trace=f"{number:032x}", input__value=f"q{number}")
        for number in range(1, 601)
    ]
    transcript = of_session([[each] for each in spans])
    told = lines(transcript)
    assert transcript.omitted_spans == 100
    assert len(transcript.turns) == len(told) == 500
    assert (told[0], told[-1]) == ("user: q1", "user: q600")


def test_of_one_huge_trace_too_the_middle_is_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "MAX_SPANS", 500)
    spans = [span(number, "chain", at=number) for number in range(1, 551)]
    assert of_trace(spans).omitted_spans == 50


def test_orphans_several_roots_and_cycles_are_read():
    spans = [
        span(1, "agent", 99, at=1, input__value="orphan"),
        span(2, "agent", at=2, input__value="root"),
        span(3, "agent", 4, at=3, input__value="cycle"),
        span(4, "chain", 3, at=4),
        span(5, "agent", 5, at=5, input__value="own parent"),
    ]
    assert lines(of_trace(spans)) == [
        "user: orphan",
        "user: root",
        "user: cycle",
        "user: own parent",
    ]


def test_a_chain_ten_thousand_spans_deep_is_read():
    spans = [span(number, "chain", number - 1, at=number) for number in range(2, 10_002)]
    spans.append(call(10_002, [user("deep")], [assistant("down")], parent=10_001, at=10_002))
    assert lines(of_trace(spans)) == ["user: deep", "assistant: down"]


def test_a_payload_without_its_parts_is_no_error():
    bare = span(1, "llm", error="x")
    bare.payload = {}
    assert [entry.error for entry in of_trace([bare]).entries] == ["llm 1 failed"]
    bare.payload = {"attributes": None, "events": "no list", "status_message": "out of credit"}
    assert [entry.error for entry in of_trace([bare]).entries] == ["out of credit"]
