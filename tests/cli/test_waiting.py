"""Waiting for trials and runs: until the end, until the time is over, until somebody has enough."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.fake_rest import RUN_ID, SIGNAL_ID, CommandLine, FakeRest, page, problem
from tests.fake_webhook import Answer

TRIAL = "/trials/" + RUN_ID


def run_row(state: str, **changed: Any) -> dict[str, Any]:
    return {"id": RUN_ID, "state": state, "judged": 3, "total": 5, **changed}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that passes while the command sleeps, and no other; threads of others keep theirs."""
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    told = SimpleNamespace(monotonic=lambda: clock[0], sleep=sleep)
    monkeypatch.setattr("signals_cli.waiting.time", told)


def test_a_run_is_waited_for(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", f"/runs/{RUN_ID}", [run_row("running"), run_row("running"), run_row("done")])
    answered = signals("run", "poll", RUN_ID, "--json")
    assert (answered.code, answered.json["state"]) == (0, "done")
    assert len(rest.requests) == 3


def test_a_run_that_was_cancelled_is_not_done(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", f"/runs/{RUN_ID}", run_row("cancelled"))
    answered = signals("run", "poll", RUN_ID, "--json")
    assert (answered.code, answered.json["state"]) == (6, "cancelled")


def test_nobody_waits_longer_than_the_timeout(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", f"/runs/{RUN_ID}", run_row("running"))
    answered = signals("run", "poll", RUN_ID, "--timeout", "1m", "--interval", "10s")
    assert (answered.code, answered.out, len(rest.requests)) == (6, "", 7)
    assert "--timeout" in answered.err


def test_a_server_that_restarts_is_asked_again(rest: FakeRest, signals: CommandLine) -> None:
    silent = Answer(drop=True)
    away = problem(503, "unavailable", "In a moment.")
    rest.on("GET", f"/runs/{RUN_ID}", [silent, away, Answer(502), run_row("done")])
    assert signals("run", "poll", RUN_ID).code == 0


def test_a_server_that_stays_away_is_given_up(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", f"/runs/{RUN_ID}", Answer(drop=True))
    assert signals("run", "poll", RUN_ID).code == 7


def test_a_run_that_is_not_there_is_not_waited_for(rest: FakeRest, signals: CommandLine) -> None:
    assert signals("run", "poll", RUN_ID).code == 4
    assert len(rest.requests) == 1


def test_a_new_run_may_be_waited_for(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("POST", f"/signals/{SIGNAL_ID}/runs", run_row("running"))
    rest.on("GET", f"/runs/{RUN_ID}", run_row("done"))
    answered = signals("run", "create", SIGNAL_ID, "--range", "7d", "--rate", "0.5", "--wait")
    assert answered.code == 0
    assert rest.body("POST", f"/signals/{SIGNAL_ID}/runs") == {"range": "7d", "rate": 0.5}


def trial(state: str) -> dict[str, Any]:
    row = {"position": 1, "label": "paid", "target": {"trace_id": "a" * 32}, "explanation": "Yes."}
    return {
        "id": RUN_ID,
        "state": state,
        "stopped_reason": "The judge refuses." if state == "stopped" else "",
        "total": 1,
        "judged": 1,
        "counts": {"paid": 1},
        "shares": {"paid": 1.0},
        "rows": [row],
    }


def test_a_saved_question_is_tried(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("POST", "/trials", trial("running"))
    rest.on("GET", TRIAL, [trial("running"), trial("done")])
    answered = signals("verify", SIGNAL_ID, "--targets", "5", "--range", "1d")
    assert answered.code == 0
    assert "a" * 32 in answered.out
    assert rest.body("POST", "/trials") == {"signal": SIGNAL_ID, "targets": 5, "range": "1d"}


def test_a_question_that_is_not_saved_is_tried(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("POST", "/trials", trial("done"))
    rest.on("GET", TRIAL, trial("done"))
    words = ["--agent", "shop", "--scope", "trace", "--type", "binary"]
    words += ["--prompt", "Why?", "--sentiment", "negative"]
    assert signals("verify", *words, "--json").json["state"] == "done"
    assert rest.body("POST", "/trials") == {
        "agent": "shop",
        "scope": "trace",
        "type": "binary",
        "prompt": "Why?",
        "sentiment": "negative",
        "targets": 20,
    }


def test_a_trial_that_the_judge_stopped_is_not_done(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("POST", "/trials", trial("running"))
    rest.on("GET", TRIAL, trial("stopped"))
    answered = signals("verify", SIGNAL_ID)
    assert answered.code == 6
    assert "The judge refuses." in answered.err


def test_a_trial_is_cancelled_with_its_command(
    rest: FakeRest, signals: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    told = SimpleNamespace(monotonic=time.monotonic, sleep=interrupt)
    monkeypatch.setattr("signals_cli.waiting.time", told)
    rest.on("POST", "/trials", trial("running"))
    rest.on("GET", TRIAL, trial("running"))
    rest.on("POST", f"{TRIAL}/cancel", trial("cancelled"))
    assert signals("verify", SIGNAL_ID).code == 130
    assert len(rest.asked("POST", f"{TRIAL}/cancel")) == 1


def test_traces_are_told_once_as_they_come(rest: FakeRest, signals: CommandLine) -> None:
    first, second = ({"trace_id": each * 32, "status": "ok"} for each in "ab")
    rest.on("GET", "/traces", [page(), page(first), page(second, first), page(second, first)])
    answered = signals("traces", "tail", "--for", "8s", "--interval", "2s", "--jsonl")
    assert [row["trace_id"][0] for row in answered.lines] == ["a", "b"]
