"""Why a signal has no labels, in the order of what decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signals_app.pages.hints import Facts, why_nothing

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
