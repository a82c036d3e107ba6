"""Transcripts of real traces, against what their files say about the outcome."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.recorded import recorded_requests
from tests.recorded.expectations import DATA
from tests.recorded.stored import stored_spans
from tests.traces.conversations import lines
from traces.transcript import Transcript, of_trace

RECORDED = {recorded.name: recorded for recorded in recorded_requests()}
DUMPS = sorted(name for name in RECORDED if name.startswith("any-agent/"))
EXPORTS = sorted(name for name in RECORDED if not name.startswith("any-agent/"))


def _transcript(name: str) -> Transcript:
    return of_trace(stored_spans(RECORDED[name]))


def _words(transcript: Transcript) -> str:
    """All that was said, without what differs between writers of JSON."""
    said = [f"{entry.text} {entry.arguments} {entry.result}" for entry in transcript.entries]
    return _bare(" ".join(said))


def _bare(text: str) -> str:
    return "".join(text.replace("\\n", "").replace("\\", "").split())


def _raw(name: str) -> Any:
    folder, _, file = name.partition("/")
    if folder == "any-agent":
        return json.loads((DATA / folder / f"{file.upper()}_trace.json").read_text())
    found = [*Path(DATA / "framework-traces").glob(f"{file}.trace.json")]
    found += [*Path(DATA / "agent-prism-otlp" / "langfuse").glob(f"{file}.json")]
    return json.loads(found[0].read_text())


@pytest.mark.parametrize("name", DUMPS)
def test_the_final_output_of_the_dump_is_in_the_transcript(name: str):
    transcript = _transcript(name)
    final = _raw(name)["final_output"]
    text = final if isinstance(final, str) else json.dumps(final)
    assert _bare(text) in _words(transcript)


@pytest.mark.parametrize("name", DUMPS)
def test_every_tool_that_ran_is_told_once_with_its_result(name: str):
    ran = [span for span in stored_spans(RECORDED[name]) if span.kind == "tool"]
    told = [entry for entry in _transcript(name).entries if entry.kind == "tool_call"]
    assert {entry.span_id for entry in told} == {span.span_id for span in ran}
    assert len(told) == len(ran)
    (clock,) = (entry for entry in told if entry.name == "get_current_time")
    assert "America/New_York" in (clock.result or "")


@pytest.mark.parametrize("name", EXPORTS)
def test_no_message_of_an_export_is_told_twice(name: str):
    told = lines(_transcript(name))
    assert told
    assert len(set(told)) == len(told)


def test_the_answer_is_told_though_the_last_model_call_lost_its_text():
    transcript = _transcript("langfuse/langfuse-2")
    assert [entry.kind for entry in transcript.entries][-2:] == ["tool_call", "message"]
    assert transcript.entries[-1].text.startswith("# N+1 evaluations in Langfuse")


def test_a_framework_trace_reads_like_a_conversation():
    told = lines(_transcript("framework-traces/google-adk-2025-08-28"))
    assert told[1:] == [
        "user: hi",
        'say_hello({}) -> {"greeting": "Hello Langfuse 👋"}',
        "assistant: Hello Langfuse 👋!\n",
    ]
