"""What decides whether a target has a label, and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signals_app.explain.decision import Answer, Asking, Judged, Kind, Target, Waits, why

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)

SIGNAL = Asking(
    scope="trace",
    agent="support",
    state="active",
    paused_reason="",
    activated_at=NOW - 10 * HOUR,
    version=1,
    version_since=NOW - 11 * HOUR,
    rate=0.5,
)
TARGET = Target(
    scope="trace",
    is_of_agent=True,
    place=0.25,
    quiet_since=NOW - HOUR,
    due_at=None,
    settled_at=NOW - HOUR,
)
JOB = Waits(
    version=1,
    queued_at=NOW - 2 * MINUTE,
    available_at=NOW - 2 * MINUTE,
    is_held=False,
    is_leased=False,
    attempts=0,
    last_error="",
    ahead=4,
    ahead_most=1000,
    judge_rests_until=None,
    worker_is_stopped=False,
)
LABEL = Judged(
    outcome="labelled",
    label="true",
    explanation="They swear.",
    reason="",
    version=1,
    revision=1,
    source="live",
    rate=0.5,
    model="model-1",
    input_tokens=1200,
    output_tokens=30,
    cached_tokens=1000,
    cost_usd=0.0004,
    cut_chars=3000,
    latency_ms=850,
    attempts=2,
    at=NOW - HOUR,
)
FAILURE = replace(LABEL, outcome="failed", label=None, explanation="", reason="It timed out.")
OPEN: dict[str, Any] = {"settled_at": None, "quiet_since": NOW - 4 * MINUTE, "due_at": NOW + HOUR}


def ask(
    signal: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
    job: Waits | None = None,
    judged: Judged | None = None,
) -> Answer:
    asking, about = replace(SIGNAL, **signal or {}), replace(TARGET, **target or {})
    return why(asking, about, job, judged, NOW)


@pytest.mark.parametrize(
    ("signal", "target", "kind", "words"),
    [
        pytest.param(
            {"scope": "session"}, {}, Kind.OTHER_SCOPE, "judges whole sessions", id="other scope"
        ),
        pytest.param(
            {"scope": "session"},
            {"has_other": False},
            Kind.OTHER_SCOPE,
            "belongs to no session",
            id="a trace without a session",
        ),
        pytest.param(
            {"scope": "span"},
            {"has_other": False},
            Kind.OTHER_SCOPE,
            "no model call in it",
            id="a trace without model calls",
        ),
        pytest.param({}, {"is_own_judge": True}, Kind.OWN_JUDGE, "never judged", id="our judge"),
        pytest.param(
            {}, {"is_of_agent": False}, Kind.OTHER_AGENT, "agent support", id="another agent"
        ),
        pytest.param(
            {"scope": "span"},
            {"scope": "span", "kind": "tool"},
            Kind.NO_MODEL_CALL,
            "of the kind “tool”",
            id="a span that is no model call",
        ),
        pytest.param({}, OPEN, Kind.OPEN, "last span arrived 4 min ago", id="open since when"),
        pytest.param({}, OPEN, Kind.OPEN, "settles in 1 h", id="open until when"),
        pytest.param(
            {}, OPEN | {"due_at": NOW - MINUTE}, Kind.OPEN, "due now", id="due and not looked at"
        ),
        pytest.param(
            {}, OPEN | {"due_at": None}, Kind.OPEN, "will not settle", id="spans were dropped"
        ),
        pytest.param(
            {"state": "draft"}, OPEN, Kind.OPEN, "settles", id="openness before the state"
        ),
        pytest.param({"state": "draft"}, {}, Kind.DRAFT, "is a draft", id="a draft"),
        pytest.param(
            {"state": "draft"},
            {"is_uploaded": True},
            Kind.UPLOADED,
            "It was uploaded",
            id="uploaded, whatever the state",
        ),
        pytest.param({"state": "archived"}, {}, Kind.ARCHIVED, "archived", id="archived"),
        pytest.param({"state": "paused"}, {}, Kind.PAUSED, "is paused", id="paused"),
        pytest.param(
            {"state": "paused", "paused_reason": "The key was refused."},
            {},
            Kind.PAUSED,
            "The key was refused.",
            id="paused by its judge",
        ),
        pytest.param(
            {"activated_at": NOW - 30 * MINUTE},
            {"place": 0.9},
            Kind.BEFORE,
            "settled 30 min before the signal was activated",
            id="settled before the activation, sampled or not",
        ),
        pytest.param(
            {}, {"place": 0.75}, Kind.SAMPLED_OUT, "place is 0.75, and", id="out, and its place"
        ),
        pytest.param(
            {"rate": 0.1},
            {"place": 0.1},
            Kind.SAMPLED_OUT,
            "rate of 10 % takes places below 0.1.",
            id="a place at the rate is out",
        ),
        pytest.param(
            {"version": 2, "version_since": NOW - MINUTE},
            {},
            Kind.PASSED,
            "before version 2 was made",
            id="in the sample of a later version only",
        ),
        pytest.param({}, {}, Kind.PASSED, "the signal was paused", id="dropped"),
    ],
)
def test_without_a_job_or_an_outcome_the_first_obstacle_is_named(
    signal: dict[str, Any], target: dict[str, Any], kind: Kind, words: str
) -> None:
    answer = ask(signal, target)
    assert answer.kind is kind
    assert words in " ".join(answer.sentences)
    assert not answer.can_retry


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        pytest.param({}, Kind.WAITING, "for 2 min now", id="its age"),
        pytest.param({"is_leased": True}, Kind.JUDGING, "judging it now", id="a worker has it"),
        pytest.param(
            {"is_held": True, "last_error": "The key was refused."},
            Kind.HELD,
            "The key was refused. It is judged as soon as the signal is resumed.",
            id="held, and why",
        ),
        pytest.param(
            {"attempts": 2, "last_error": "502 Bad Gateway", "available_at": NOW + 5 * MINUTE},
            Kind.WAITING,
            "tried again in 5 min. The last attempt ended with: 502",
            id="its last error and when it is tried again",
        ),
        pytest.param(
            {"judge_rests_until": NOW + MINUTE}, Kind.WAITING, "goes on in 1 min", id="a rest"
        ),
        pytest.param({"worker_is_stopped": True}, Kind.WAITING, "No worker", id="no worker"),
    ],
)
def test_what_waits_says_what_for(changes: dict[str, Any], kind: Kind, words: str) -> None:
    answer = ask(job=replace(JOB, **changes))
    assert answer.kind is kind
    assert words in " ".join(answer.sentences)


def test_the_place_in_the_queue_is_counted_from_one_and_bounded() -> None:
    assert ("Place in the queue", "5") in ask(job=JOB).figures
    far = ask(job=replace(JOB, ahead=1000)).figures
    assert ("Place in the queue", "behind more than 1,000") in far


def test_a_label_says_all_that_is_known_of_it() -> None:
    answer = ask(judged=LABEL)
    assert (answer.kind, answer.label, answer.can_retry) == (Kind.LABELLED, "true", True)
    assert answer.explanation == "They swear."
    assert dict(answer.figures) == {
        "Version": "1",
        "Judge": "model-1",
        "Tokens": "1,200 in, 30 out, 1,000 of them cached",
        "Cost": "$0.0004",
        "Answered after": "850 ms",
        "Attempts": "2",
        "Left out": "3,000 characters in the middle",
        "Place in the sample": "0.25, rate 50 %",
    }
    assert answer.moments == (("Judged", NOW - HOUR),)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        pytest.param("failed", "Judging it failed: It timed out.", id="failed"),
        pytest.param("refused", "The judge refused to answer: It timed out.", id="refused"),
        pytest.param("skipped", "It was skipped: It timed out.", id="skipped"),
    ],
)
def test_an_outcome_without_a_label_has_its_reason_and_another_try(
    outcome: str, words: str
) -> None:
    answer = ask(judged=replace(FAILURE, outcome=outcome))
    assert answer.kind.value == outcome
    assert answer.sentences[0] == words
    assert answer.can_retry


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        pytest.param({"state": "paused"}, "only an active one", id="not while it is paused"),
        pytest.param({"version": 2}, "Version 2 is live now", id="not under an old version"),
    ],
)
def test_there_is_no_other_try_where_it_would_come_to_nothing(
    signal: dict[str, Any], words: str
) -> None:
    answer = ask(signal, judged=FAILURE)
    assert not answer.can_retry
    assert words in answer.sentences[1]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        pytest.param(OPEN, "More has arrived since then. It settles in 1 h", id="it is open again"),
        pytest.param({"revision": 2}, "that was not judged again", id="its growth was dropped"),
    ],
)
def test_a_label_of_less_than_there_is_now_says_so(target: dict[str, Any], words: str) -> None:
    assert words in ask(target=target, judged=LABEL).sentences[1]


def test_a_label_stands_whatever_happened_to_the_signal_since() -> None:
    for state in ("paused", "archived"):
        assert ask({"state": state}, {"place": 0.9}, judged=LABEL).kind is Kind.LABELLED


def test_what_settles_often_says_when_it_is_judged_again_and_can_be_at_once() -> None:
    job = replace(JOB, attempts=0, last_error="", available_at=NOW + HOUR)
    answer = ask(target={"revision": 7}, job=job, judged=LABEL)
    said = "it has settled 7 times: it is judged again in 1 h"
    assert said in " ".join(answer.sentences)
    assert answer.can_retry
    assert not ask({"state": "paused"}, job=job, judged=LABEL).can_retry


def test_what_is_judged_again_says_what_stands_until_then() -> None:
    answer = ask(job=JOB, judged=LABEL)
    assert answer.kind is Kind.WAITING
    assert "Until then what was judged before stands: “true”." in answer.sentences
