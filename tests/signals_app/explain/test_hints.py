"""Why a signal has no labels, in the order of what decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signals_app.explain.no_labels_reasons import Facts, Recent, why_nothing, why_quiet

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FINE = Facts(
    state="active",
    scope="trace",
    targets_a_day=100,
    sample_rate=0.5,
    waiting=0,
    waiting_error="",
    unlabelled=0,
    agent_seen_at=NOW - timedelta(hours=3),
    judge_paused_until=None,
    offline_cannot=False,
    session_idle_s=600,
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "a few seconds after they end", id="nothing is wrong"),
        pytest.param({"scope": "session"}, "nothing arrived for 10 min", id="sessions take longer"),
        pytest.param({"state": "draft"}, "is a draft", id="a draft"),
        pytest.param({"state": "paused", "waiting": 5}, "is paused", id="paused"),
        pytest.param({"targets_a_day": 0}, "last seen 3 h ago", id="no traffic"),
        pytest.param({"sample_rate": 0.001}, "0.1 % leaves fewer than one", id="too small a rate"),
        pytest.param({"offline_cannot": True}, "only knows the six", id="offline, own question"),
        pytest.param(
            {"judge_paused_until": NOW + timedelta(minutes=5)}, "goes on in 5 min", id="rests"
        ),
        pytest.param(
            {"waiting": 1200, "waiting_error": "429"}, "1,200 targets wait", id="a backlog"
        ),
        pytest.param({"unlabelled": 3}, "none got a label", id="only failures"),
    ],
)
def test_the_first_sentence_names_what_decides(changes: dict[str, Any], words: str) -> None:
    assert words in why_nothing(replace(FINE, **changes), NOW)[0]


def test_a_rest_that_is_over_is_not_mentioned() -> None:
    facts = replace(FINE, judge_paused_until=NOW - timedelta(minutes=5))
    assert len(why_nothing(facts, NOW)) == 1


STOPPED = "No worker has run yet, so nothing settles."
QUIET = replace(FINE, judging_since=NOW - timedelta(hours=2), recent=Recent(settled=0, open=0))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"worker_trouble": STOPPED}, STOPPED, id="a worker that stands still"),
        pytest.param(
            {"worker_trouble": STOPPED, "waiting": 3}, STOPPED, id="the worker before the queue"
        ),
        pytest.param(
            {"scope": "session", "targets_a_day": 0, "traces_a_day": 50},
            "none of the last 7 days carried a session id",
            id="a scope without sessions",
        ),
        pytest.param(
            {"sample_rate": 0.001}, "one is judged every 10 d on average", id="a long wait"
        ),
        pytest.param(
            {"recent": Recent(settled=2, open=0)}, "None of the 2 traces", id="sampled out for now"
        ),
    ],
)
def test_what_keeps_a_signal_from_judging_is_named(changes: dict[str, Any], words: str) -> None:
    assert words in why_nothing(replace(FINE, **changes), NOW)[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, "no traces in the last hour. It was last seen 3 h ago", id="no traffic"),
        pytest.param(
            {"recent": Recent(settled=0, open=4)}, "4 traces of the last hour", id="none settled"
        ),
        pytest.param(
            {"recent": Recent(settled=6, open=0), "sample_rate": 0.01},
            "None of the 6 traces that settled in the last hour was in the sample of 1 %. "
            "At this pace one is judged every 16 h 40 min on average.",
            id="sampled out",
        ),
        pytest.param(
            {"waiting": 5, "judge_paused_until": NOW + timedelta(minutes=5)},
            "Judging goes on in 5 min",
            id="a queue behind a resting judge",
        ),
        pytest.param({"worker_trouble": STOPPED}, STOPPED, id="no worker"),
        pytest.param({"recent": None}, "a few seconds after they end", id="nothing known"),
    ],
)
def test_a_signal_that_fell_silent_says_why(changes: dict[str, Any], words: str) -> None:
    assert words in why_quiet(replace(QUIET, **changes), NOW)[0]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"judging_since": NOW - timedelta(minutes=59)}, id="it judged just now"),
        pytest.param({"state": "paused"}, id="it is meant to be silent"),
        pytest.param({"judging_since": None}, id="nobody knows since when"),
    ],
)
def test_a_signal_at_work_says_nothing(changes: dict[str, Any]) -> None:
    assert why_quiet(replace(QUIET, **changes), NOW) == []
