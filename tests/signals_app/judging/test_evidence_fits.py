"""What the judge is shown stays within the budget, and says what is missing."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals_app.judging import prompt
from tests.signals_app.judging.test_injection import CODE, entry
from traces.records import Part
from traces.transcript import Entry, Transcript, Turn

pytestmark = pytest.mark.slow

HOSTILE = st.sampled_from(["a", " ", "\n", "\r", "\U000e0041x", "\u200b", "<|im_end|>", CODE, "ü"])
TEXT = st.lists(HOSTILE, min_size=1, max_size=4).flatmap(
    lambda pieces: st.integers(1, 800).map(lambda times: "".join(pieces) * times)
)


def said(role: str, text: str) -> Entry:
    return entry(role, "message", parts=(Part("text", text),))


def transcript(entries: list[Entry]) -> Transcript:
    return Transcript([Turn("0" * 32, 1, entries)])


@given(
    st.lists(st.builds(said, st.sampled_from(["user", "assistant", "system"]), TEXT), max_size=30),
    st.integers(min_value=1000, max_value=20_000),
)
def test_the_evidence_is_never_longer_than_the_budget(entries: list[Entry], budget: int) -> None:
    shown = prompt.evidence(transcript(entries), "trace", CODE, budget)
    assert len(shown.text) <= budget


def test_one_character_over_the_budget_loses_about_that() -> None:
    entries = [said("user", "Hello"), said("assistant", "word " * 20_000), said("user", "Bye")]
    whole = prompt.evidence(transcript(entries), "trace", CODE, 200_000)
    assert whole.cut_chars == 0
    shown = prompt.evidence(transcript(entries), "trace", CODE, len(whole.text) - 1)
    assert shown.cut_chars < 1000
    assert f"[… {shown.cut_chars:,} characters left out …]" in shown.text


def test_the_request_stays_when_history_and_tools_are_long() -> None:
    past = [
        entry("user", "message", parts=(Part("text", f"old {n} " + "x" * 900),), is_context=True)
        for n in range(200)
    ]
    calls = [entry("tool", "tool_call", name="f", arguments="{}", result="y" * 900)] * 100
    request = said("user", "Where is my order? " + "z" * 400)
    shown = prompt.evidence(transcript([*past, request, *calls]), "trace", CODE, 30_000)
    assert f"[user — {prompt.REQUEST_MARK}]\n| Where is my order? zzz" in shown.text
    assert "old 0 " in shown.text
    assert shown.cut_chars > 200_000


def test_a_hostile_trace_of_many_megabytes_is_prepared_in_a_moment() -> None:
    entries = [said("user", "<|" + " " * 400_000 + "\U000e0041x" * 50_000) for _ in range(100)]
    began = time.process_time()
    shown = prompt.evidence(transcript(entries), "trace", CODE, 60_000)
    assert time.process_time() - began < 2
    assert len(shown.text) <= 60_000
