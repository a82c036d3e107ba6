"""A target that cannot be prepared fails alone and says why; the others of its batch go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from core import time_limit
from signals_app.models import Classification
from signals_app.queue import loading
from tests.signals_app import conversations
from tests.signals_app.conftest import StartJudge
from traces import transcript
from traces.records import StoredSpan
from traces.transcript import Transcript

Line = Callable[..., list[Classification]]

pytestmark = pytest.mark.django_db(transaction=True)


def _in_place_of(bad: str, act: Callable[[], None]) -> Callable[[list[StoredSpan]], Transcript]:
    def of_trace(spans: list[StoredSpan]) -> Transcript:
        if any(span.trace_id == bad for span in spans):
            act()
        return real(spans)

    real = transcript.of_trace
    return of_trace


def _slowly() -> None:
    for _ in range(1_000):
        time.sleep(0.01)
        time_limit.check()


def _wrongly() -> None:
    raise KeyError("a fault")


@pytest.mark.parametrize(
    ("act", "words"), [(_slowly, "took more than"), (_wrongly, "could not be read (KeyError)")]
)
def test_a_target_that_cannot_be_prepared_fails_alone(
    start_judge: StartJudge,
    run_line: Line,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[], None],
    words: str,
) -> None:
    start_judge()
    project = conversations.project()
    conversations.signal(project)
    bad, *good = conversations.send_traces(project, 6, now=timezone.now())
    monkeypatch.setattr(loading, "PREPARE_S", 0.3)
    monkeypatch.setattr(transcript, "of_trace", _in_place_of(bad.hex(), act))
    began = time.monotonic()
    found: dict[Any, Classification] = {each.target.hex: each for each in run_line()}
    assert time.monotonic() - began < 8
    assert (found[bad.hex()].outcome, words in found[bad.hex()].reason) == ("failed", True)
    assert {found[each.hex()].outcome for each in good} == {"labelled"}


def test_a_transcript_looks_at_the_time_between_its_spans() -> None:
    spans = [
        StoredSpan("a" * 32, f"{n:016x}", None, "chat", "llm", n, n, False, None, {})
        for n in range(10)
    ]
    with pytest.raises(time_limit.TookTooLong), time_limit.within(-1):
        transcript.of_trace(spans)
    assert transcript.of_trace(spans).entries == []


def test_an_inner_limit_does_not_lift_the_outer_one() -> None:
    with time_limit.within(-1), time_limit.within(60), pytest.raises(time_limit.TookTooLong):
        time_limit.check()
    time_limit.check()


def test_one_strange_message_holds_up_nobody(start_judge: StartJudge, run_line: Line) -> None:
    judge = start_judge()
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 1, now=timezone.now(), asked="<|" + " " * 60_000 + "hi")
    conversations.send_traces(project, 5, now=timezone.now())
    began = time.monotonic()
    assert [each.outcome for each in run_line()] == ["labelled"] * 6
    assert time.monotonic() - began < 10
    assert any("<| " in request.text for request in judge.requests)
