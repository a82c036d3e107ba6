"""What flags become in REST: questions, labels, sentiments, times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.fake_rest import (
    ALERT_ID,
    SIGNAL_ID,
    CommandLine,
    FakeRest,
    alert_row,
    page,
    query,
    signal_row,
)


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (["--sentiment", "negative"], {"sentiment": "negative"}),
        (["--type", "binary", "--sentiment", "true=positive"], {"sentiment": "positive"}),
        (["--type", "binary", "--sentiment", "false=positive"], {"sentiment": "negative"}),
        (
            ["--label", "a", "--label", "b,c", "--sentiment", "b=negative"],
            {
                "labels": [
                    {"name": "a", "sentiment": "neutral"},
                    {"name": "b", "sentiment": "negative"},
                    {"name": "c", "sentiment": "neutral"},
                ]
            },
        ),
        (
            ["--labels", "a, b", "--meaning", "a=It is = so."],
            {
                "labels": [
                    {"name": "a", "sentiment": "neutral", "meaning": "It is = so."},
                    {"name": "b", "sentiment": "neutral"},
                ]
            },
        ),
        (["--sample-rate", "0.25", "--scope", "span"], {"sample_rate": 0.25, "scope": "span"}),
        (["--judge-model", ""], {"judge_model": ""}),
        (["--draft"], {"active": False}),
    ],
)
def test_flags_become_fields(
    rest: FakeRest, signals: CommandLine, words: list[str], sent: dict[str, Any]
) -> None:
    rest.on("POST", "/signals", signal_row())
    assert signals("create", "--name", "n", "--agent", "shop", *words).code == 0
    body = rest.body("POST", "/signals")
    rest_of_it = {"name": "n", "agent": "shop", "active": True} | sent
    if words[:1] == ["--type"]:
        rest_of_it["type"] = "binary"
    assert body == rest_of_it


@pytest.mark.parametrize(
    "words",
    [
        ["--type", "binary", "--label", "a"],
        ["--label", "a", "--sentiment", "b=negative"],
        ["--label", "a", "--meaning", "no sign"],
        ["--type", "binary", "--sentiment", "true=positive", "--sentiment", "false=positive"],
        ["--prompt", "x", "--prompt-file", "y"],
        ["--prompt-file", "/nonexistent/file"],
    ],
)
def test_flags_that_contradict_are_refused(
    rest: FakeRest, signals: CommandLine, words: list[str]
) -> None:
    assert signals("create", "--name", "n", *words).code == 2
    assert rest.requests == []


def test_a_question_comes_from_a_file(rest: FakeRest, signals: CommandLine, tmp_path: Path) -> None:
    rest.on("POST", "/signals", signal_row())
    file = tmp_path / "question.txt"
    file.write_text("Was it paid back?\nSay so.\n", "utf-8")
    signals("create", "--name", "n", "--prompt-file", str(file))
    assert rest.body("POST", "/signals")["prompt"] == "Was it paid back?\nSay so."


@pytest.mark.parametrize("words", [["--prompt", "-"], ["--prompt-file", "-"]])
def test_a_question_comes_from_standard_input(
    rest: FakeRest, signals: CommandLine, words: list[str]
) -> None:
    rest.on("POST", "/signals", signal_row())
    signals("create", "--name", "n", *words, given="Zurück?\n".encode())
    assert rest.body("POST", "/signals")["prompt"] == "Zurück?"


def test_an_edit_changes_what_is_given_alone(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", f"/signals/{SIGNAL_ID}", signal_row())
    changed = signal_row(changed={"version": 4, "renamed": False})
    rest.on("PATCH", f"/signals/{SIGNAL_ID}", changed)
    answered = signals("edit", SIGNAL_ID, "--sentiment", "refused=neutral", "--json")
    assert rest.body("PATCH", f"/signals/{SIGNAL_ID}") == {
        "labels": [
            {"name": "paid", "sentiment": "positive"},
            {"name": "refused", "sentiment": "neutral", "meaning": "They said no."},
        ],
        "based_on": 3,
    }
    assert "Version 4 is live." in answered.err


def test_an_edit_may_name_the_version_that_it_began_from(
    rest: FakeRest, signals: CommandLine
) -> None:
    rest.on("GET", f"/signals/{SIGNAL_ID}", signal_row())
    rest.on("PATCH", f"/signals/{SIGNAL_ID}", signal_row())
    signals("edit", SIGNAL_ID, "--name", "Other", "--based-on", "2")
    assert rest.body("PATCH", f"/signals/{SIGNAL_ID}") == {"name": "Other", "based_on": 2}


def test_activate_resumes_what_is_paused(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", f"/signals/{SIGNAL_ID}", signal_row(state="paused"))
    rest.on("POST", f"/signals/{SIGNAL_ID}/resume", signal_row())
    assert signals("activate", SIGNAL_ID).out == "Refunds: active\n"


def test_restore_looks_among_the_archived(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("GET", "/signals", page(signal_row(state="archived")))
    rest.on("POST", f"/signals/{SIGNAL_ID}/restore", signal_row(state="paused"))
    assert signals("restore", "Refunds").code == 0
    assert query(rest.asked("GET", "/signals")[0])["state"] == ["archived"]


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        (["--range", "6h"], {"range": ["6h"]}),
        (["--start", "2026-11-27T08:00:00Z"], {"start": ["2026-11-27T08:00:00.000000Z"]}),
        (
            ["--from", "2026-11-27T08:00:00+02:00", "--to", "2026-11-27T07:00:00.5Z"],
            {"start": ["2026-11-27T06:00:00.000000Z"], "end": ["2026-11-27T07:00:00.500000Z"]},
        ),
        (["--metadata", "tier=gold", "--metadata", "a=b"], {"metadata": ["tier=gold", "a=b"]}),
        (["--min-seconds", "2.5", "--max-tokens", "10"], {"min_s": ["2.5"], "max_tokens": ["10"]}),
        (["--agent", "shop & co"], {"agent": ["shop & co"]}),
    ],
)
def test_filters_become_parameters(
    rest: FakeRest, signals: CommandLine, words: list[str], sent: dict[str, list[str]]
) -> None:
    rest.on("GET", "/traces", page())
    assert signals("traces", "list", *words).code == 0
    asked = query(rest.asked("GET", "/traces")[0])
    assert asked == sent | {"limit": ["50"]}


def test_an_alert_is_made(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("POST", "/alerts", alert_row())
    words = [
        *("--metric", "value_share", "--label", "refused", "--comparison", "absolute"),
        *("--operator", "gte", "--threshold", "0.2", "--window", "1h", "--cooldown", "60"),
        *("--no-email", "--webhook", "https://x.test"),
    ]
    signals("alerts", "create", "--signal", SIGNAL_ID, "--name", "n", *words)
    assert rest.body("POST", "/alerts") == {
        "signal": SIGNAL_ID,
        "name": "n",
        "metric": "value_share",
        "label": "refused",
        "comparison": "absolute",
        "operator": "gte",
        "threshold": 0.2,
        "window": "1h",
        "cooldown_min": 60,
        "email": False,
        "webhook_url": "https://x.test",
    }


def test_an_edit_of_an_alert_sends_what_is_given_alone(
    rest: FakeRest, signals: CommandLine
) -> None:
    rest.on("PATCH", f"/alerts/{ALERT_ID}", alert_row())
    signals("alerts", "edit", ALERT_ID, "--threshold", "-5", "--webhook", "")
    assert rest.body("PATCH", f"/alerts/{ALERT_ID}") == {"threshold": -5.0, "webhook_url": ""}
