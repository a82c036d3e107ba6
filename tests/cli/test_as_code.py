"""Signals and alerts as a file: what is planned and done; a pulled file plans nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.fake_rest import (
    ALERT_ID,
    OTHER_ID,
    RUN_ID,
    SIGNAL_ID,
    CommandLine,
    FakeRest,
    alert_row,
    page,
    problem,
    query,
    signal_row,
)
from tests.fake_webhook import Request

FILE = """
signals:
  - name: Refunds
    agent: shop
    scope: trace
    type: string
    prompt: Was it paid back?
    labels:
      - {name: paid, sentiment: positive}
      - {name: refused, sentiment: negative, meaning: They said no.}
    sample_rate: 1
    alerts:
      - {name: Too many refusals, metric: value_share, label: refused, comparison: absolute,
         operator: gte, threshold: 0.2, window: 1h, min_labels: 5, cooldown_min: 60}
"""


def present(
    rest: FakeRest, signals: list[dict[str, Any]], alerts: list[dict[str, Any]] | None = None
) -> None:
    """Let the server have these. Lists leave archived ones out unless they are asked for; the
    agent may also be called by its identity, `shop-in-traffic`."""

    def listed(rows: list[dict[str, Any]], request: Request) -> dict[str, Any]:
        asked = query(request)
        is_archived = asked.get("state") == ["archived"]
        (agent,) = asked.get("agent", ["shop"])
        found = [row for row in rows if (row["state"] == "archived") == is_archived]
        return page(*(found if agent in ("shop", "shop-in-traffic", OTHER_ID) else []))

    rest.on("GET", "/signals", lambda request: listed(signals, request))
    rest.on("GET", "/alerts", lambda request: listed(alerts or [], request))


def plan(signals: CommandLine, text: str, *words: str) -> list[dict[str, Any]]:
    answered = signals("apply", "-f", "-", "--dry-run", "--json", *words, given=text.encode())
    assert answered.code == 0, answered.err
    found: list[dict[str, Any]] = answered.json["steps"]
    return found


def names(steps: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(step["action"], step["kind"], step["name"]) for step in steps]


def test_what_is_as_the_file_says_stays(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [signal_row()], [alert_row()])
    assert plan(signals, FILE) == []


def test_what_is_not_there_is_made(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [])
    rest.on("POST", "/signals", signal_row())
    rest.on("POST", "/alerts", alert_row())
    answered = signals("apply", "-f", "-", "--yes", given=FILE.encode())
    assert (answered.code, answered.out.splitlines()[-1]) == (0, "2 steps done.")
    made = rest.body("POST", "/signals")
    assert (made["name"], made["active"], made["labels"][0]["name"]) == ("Refunds", True, "paid")
    assert rest.body("POST", "/alerts")["signal"] == SIGNAL_ID


def test_a_paused_signal_is_made_paused(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [])
    text = "signals: [{name: a, agent: shop, state: paused, template: refunds}]"
    steps = names(plan(signals, text))
    assert [action for action, _kind, _name in steps] == ["create", "activate", "pause"]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("Was it paid back?", "Was all of it paid back?", "prompt"),
        ("sample_rate: 1", "sample_rate: 0.5", "sample_rate"),
        ("meaning: They said no.", "meaning: They refused.", "labels"),
    ],
)
def test_what_differs_is_edited(
    rest: FakeRest, signals: CommandLine, old: str, new: str, field: str
) -> None:
    present(rest, [signal_row()], [alert_row()])
    rest.on("PATCH", f"/signals/{SIGNAL_ID}", signal_row())
    answered = signals("apply", "-f", "-", "-y", "--json", given=FILE.replace(old, new).encode())
    (step,) = answered.json["steps"]
    assert (step["action"], list(step["changes"])) == ("edit", [field])
    body = rest.body("PATCH", f"/signals/{SIGNAL_ID}")
    assert body["based_on"] == 3
    assert set(body) - {"type"} == {field, "based_on"}


def test_an_alert_that_differs_is_edited(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [signal_row()], [alert_row()])
    rest.on("PATCH", f"/alerts/{ALERT_ID}", alert_row())
    text = FILE.replace("threshold: 0.2", "threshold: 0.3")
    assert signals("apply", "-f", "-", "--yes", given=text.encode()).code == 0
    assert rest.body("PATCH", f"/alerts/{ALERT_ID}") == {"threshold": 0.3}


@pytest.mark.parametrize(
    ("now", "wanted", "actions"),
    [
        ("draft", "active", ["activate"]),
        ("paused", "active", ["resume"]),
        ("active", "paused", ["pause"]),
        ("archived", "active", ["restore", "resume"]),
        ("archived", "paused", ["restore"]),
        ("active", "active", []),
    ],
)
def test_a_signal_gets_the_state_of_the_file(
    rest: FakeRest, signals: CommandLine, now: str, wanted: str, actions: list[str]
) -> None:
    present(rest, [signal_row(state=now)])
    text = f"signals: [{{name: Refunds, agent: shop, state: {wanted}}}]"
    assert [step["action"] for step in plan(signals, text)] == actions


def test_what_is_not_in_the_file_stays_unless_pruned(rest: FakeRest, signals: CommandLine) -> None:
    other = signal_row(id=OTHER_ID, name="Other")
    more = alert_row(id=OTHER_ID, name="More")
    present(rest, [signal_row(), other], [alert_row(), more])
    assert plan(signals, FILE) == []
    present(rest, [signal_row(), other], [alert_row(), more])
    assert names(plan(signals, FILE, "--prune")) == [
        ("archive", "alert", "More"),
        ("archive", "signal", "Other"),
    ]


def test_nobody_is_asked_where_nobody_answers(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [])
    answered = signals("apply", "-f", "-", given=FILE.encode())
    assert answered.code == 2
    assert "--yes" in answered.err
    assert rest.asked("POST", "/signals") == []


def test_a_dry_run_changes_nothing(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [])
    answered = signals("apply", "-f", "-", "--dry-run", "--yes", given=FILE.encode())
    assert answered.out.splitlines()[-1] == "2 steps to do; nothing was changed."
    assert {each.method for each in rest.requests} == {"GET"}


def test_a_step_that_fails_says_how_far_it_came(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [])
    rest.on("POST", "/signals", signal_row())
    refused = problem(422, "invalid", "No.", ("window", "Choose 1h."))
    rest.on("POST", "/alerts", refused)
    answered = signals("apply", "-f", "-", "--yes", given=FILE.encode())
    assert answered.code == 2
    assert "1 of 2 steps are done" in answered.err
    assert "create alert 'Too many refusals': window: Choose 1h." in answered.err


def test_a_scope_that_changed_is_refused(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [signal_row()])
    text = FILE.replace("scope: trace", "scope: session")
    answered = signals("apply", "-f", "-", "--dry-run", given=text.encode())
    assert answered.code == 2
    assert "scope" in answered.err


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("signals: [{name: a, agent: b, promt: c}]", "signals[0]: there is no `promt`"),
        ("signals: [{name: a}]", "signals[0]: `agent` is missing"),
        ("signals: [{name: yes, agent: b}]", "signals[0].name: a text is expected"),
        ("signals: [{name: a, agent: b, sample_rate: true}]", "signals[0].sample_rate"),
        ("signals: [{name: a, agent: b, labels: [yes]}]", "signals[0].labels[0].name"),
        ("signals: [{name: a, agent: b, alerts: [{name: c, state: on}]}]", "alerts[0].state"),
        ("signals: [{name: a, agent: b}, {name: a, agent: b}]", "two signals of 'b'"),
        ("signals: [{name: a, agent: b, state: archived}]", "signals[0].state"),
        ("signals: {}", "a list"),
        ("version: 2\nsignals: []", "version 1"),
        ("signals: [", "no YAML"),
        ("!!python/object/apply:os.system ['true']", "no YAML"),
    ],
)
def test_a_file_that_is_wrong_names_the_place(
    rest: FakeRest, signals: CommandLine, text: str, place: str
) -> None:
    answered = signals("apply", "-f", "-", "--yes", given=text.encode())
    assert (answered.code, rest.requests) == (2, [])
    assert place in answered.err


def test_a_pulled_file_plans_nothing(rest: FakeRest, signals: CommandLine, tmp_path: Path) -> None:
    binary = {
        "type": "binary",
        "prompt": "Was it\nrude: yes?\n",
        "labels": [
            {"name": "true", "sentiment": "negative", "meaning": ""},
            {"name": "false", "sentiment": "positive", "meaning": ""},
        ],
    }
    rows = [
        signal_row(),
        signal_row(id=OTHER_ID, name="yes", state="draft", version=binary),
        signal_row(id=ALERT_ID, name="Old", state="archived"),
    ]
    present(rest, rows, [alert_row(state="paused")])
    file = tmp_path / "signals.yaml"
    assert signals("pull", "-f", str(file)).code == 0
    names = [row["name"] for row in yaml.safe_load(file.read_text())["signals"]]
    assert names == ["Refunds", "yes"]
    present(rest, rows, [alert_row(state="paused")])
    answered = signals("apply", "-f", str(file), "--dry-run", "--json")
    assert answered.json["steps"] == []


def test_a_long_question_is_readable_in_the_file(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [signal_row(version={"prompt": "One.\nTwo.\n"})])
    assert "    prompt: |\n      One.\n      Two.\n" in signals("pull", "-f", "-").out


def test_pull_writes_over_no_file_unasked(
    rest: FakeRest, signals: CommandLine, tmp_path: Path
) -> None:
    present(rest, [signal_row()])
    file = tmp_path / "signals.yaml"
    file.write_text("mine")
    assert signals("pull", "-f", str(file)).code == 2
    assert file.read_text() == "mine"
    assert signals("pull", "-f", str(file), "--yes").code == 0
    assert file.read_text() != "mine"


def test_an_agent_may_be_called_by_its_identity(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [signal_row()], [alert_row()])
    assert plan(signals, FILE.replace("agent: shop", "agent: shop-in-traffic")) == []


def test_an_agent_to_whose_name_another_answers_is_called_by_its_id(
    rest: FakeRest, signals: CommandLine
) -> None:
    theirs = signal_row(id=ALERT_ID, name="Other", agent={"id": RUN_ID, "name": "shop"})
    present(rest, [signal_row(), theirs])
    rows = signals("pull", "-f", "-", "--json").json["signals"]
    assert {row["agent"] for row in rows} == {OTHER_ID, RUN_ID}


def test_labels_of_a_binary_signal_may_have_meanings(rest: FakeRest, signals: CommandLine) -> None:
    labels = [
        {"name": "true", "sentiment": "negative", "meaning": "It was so."},
        {"name": "false", "sentiment": "positive", "meaning": ""},
    ]
    present(rest, [signal_row(version={"type": "binary", "labels": labels})])
    text = signals("pull", "-f", "-").out
    assert "meaning: It was so." in text
    assert plan(signals, text) == []
    assert plan(signals, text.replace("It was so", "It is so")) != []


def test_line_ends_that_yaml_would_change_come_back(rest: FakeRest, signals: CommandLine) -> None:
    present(rest, [signal_row(version={"prompt": "One.\u2028Two.\x85\nThree."})])
    assert plan(signals, signals("pull", "-f", "-").out) == []
