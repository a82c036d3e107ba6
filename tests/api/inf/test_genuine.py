"""Every command of the groups that are served, run by the genuine client against a live server.

Each is run for people and with `--json`, and what it prints is compared with the database. A group
has one test, which fails when the client has a command that the test does not run.
"""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from alerts.models import Alert
from api.inf.router import NOT_SERVED
from teams import keys
from teams.models import ApiKey, Project
from tests.alerts.watched import alert_of, firing_of
from tests.api.inf.genuine import Inf, refusals_of
from tests.server import WebServer
from tests.signals_app.labelled import label, new_signal
from traces.models import Agent

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_auth(inf: Inf, ours: Project) -> None:
    secret, key = inf.environment["INF_API_KEY"], ApiKey.objects.get(project=ours)
    text = inf.human("auth", "status")
    assert (key.name in text, "API Key" in text) == (True, True)
    as_json = inf.run("--json", "auth", "status").out  # it prints its heading here, too
    assert json.loads(as_json[as_json.index("{") :])["name"] == key.name
    text, data = inf.both("auth", "whoami")
    assert str(key.uuid) in text
    assert str(key.uuid) in json.dumps(data)
    assert "Signing in by device is not served" in inf.run("auth", "login").err
    inf.keep()
    said = inf.run("auth", "set-key", secret)
    assert (said.code, str(ours.uuid) in said.out) == (0, True)
    kept = json.loads((inf.folder / "inf" / "config.json").read_text("utf-8"))
    assert kept["activeProjectId"] == str(ours.uuid)
    assert "could not be validated" in inf.run("auth", "set-key", "wrong").err
    assert inf.run("auth", "logout").code == 0
    assert inf.not_run("auth") == set()


def test_projects(inf: Inf, ours: Project) -> None:
    text, data = inf.both("project", "list")
    assert [(row["id"], row["name"]) for row in data] == [(str(ours.uuid), ours.name)]
    assert str(ours.uuid) in text
    text, data = inf.both("project", "get")
    assert (data["id"], data["teamId"]) == (str(ours.uuid), str(ours.team.uuid))
    text, data = inf.both("project", "auth-context")
    assert data["permissions"] == ["read", "write"]
    secret = inf.environment["INF_API_KEY"]
    inf.keep(sessionToken=secret, activeTeamId="x")
    assert ours.name in inf.human("project", "switch", str(ours.uuid))
    text, data = inf.both("project", "current")
    assert (data["id"], ours.name in text) == (str(ours.uuid), True)
    text, data = inf.both("project", "all")
    assert [row["id"] for row in data] == [str(ours.uuid)]
    people = "are made, renamed and deleted by people"
    refusals_of(
        inf,
        {
            ("project", "create", "--name", "x"): people,
            ("project", "update", "--name", "x"): people,
            ("project", "delete"): people,
            ("project", "unarchive"): people,
        },
    )
    needs = {
        "chat-conversation": ("--conversation-id", "x", "--task-id", "x"),
        "chat-conversations": ("--task-id", "x"),
        "inference": ("--inference-id", "x"),
        "inference-content": ("--inference-id", "x"),
        "task-time-series": ("--task-id", "x"),
    }
    rest = {
        (*command, *needs.get(command[-1], ())): NOT_SERVED[:21]
        for command in inf.not_run("project")
    }
    assert len(rest) > 20
    refusals_of(inf, rest)
    assert inf.not_run("project") == set()


def test_api_keys(inf: Inf, ours: Project) -> None:
    key = ApiKey.objects.get(project=ours)
    secret = inf.environment["INF_API_KEY"]
    text, data = inf.both("api-key", "project-default")
    assert data["id"] == str(key.uuid)
    assert "requires signing in" in inf.fails("api-key", "list")  # says the client itself
    inf.keep(sessionToken=secret, activeTeamId=str(ours.team.uuid), activeProjectId=str(ours.uuid))
    text, data = inf.both("api-key", "list")
    assert [(row["id"], row["name"]) for row in data] == [(str(key.uuid), "terminal")]
    assert (key.name in text, secret in text + json.dumps(data)) == (True, False)
    text, data = inf.both("api-key", "show")
    assert data["id"] == str(key.uuid)
    made = "API keys are made and revoked on the project's settings page"
    refusals_of(
        inf,
        {
            ("api-key", "create", "x", "--project", str(ours.uuid)): made,
            ("api-key", "revoke", str(key.uuid)): made,
            ("api-key", "delete", "--api-key-id", str(key.uuid)): made,
        },
    )
    assert inf.not_run("api-key") == set()


def test_agents(inf: Inf, ours: Project) -> None:
    agent = Agent.objects.get(project=ours)
    one = ("--id", str(agent.uuid))
    text, data = inf.both("agent", "list")
    assert [row["id"] for row in data] == [str(agent.uuid)]
    assert data[0]["stats"]["executionCount"] == 5
    assert str(agent.uuid) in text
    text, data = inf.both("agent", "get", *one)
    assert (data["identityValue"], agent.identity in text) == (agent.identity, True)
    text, data = inf.both("agent", "stats", *one)
    assert (data["executionCount"], data["inputTokens"]) == (5, 500)
    text, data = inf.both("agent", "overview", *one)
    assert data["summary"]["executionCount"] == 5
    text, data = inf.both("agent", "timeseries", *one, "--granularity", "1d")
    assert sum(row["executionCount"] for row in data) == 5
    text, data = inf.both("agent", "index-cards", "--limit", "1")
    assert data["items"][0]["id"] == str(agent.uuid)
    text, data = inf.both("agent", "index-initial-data")
    assert data["page"]["items"][0]["executionCount"] == 5
    text, data = inf.both("agent", "summary-cards")
    assert sum(point["executionCount"] for point in data[0]["executionSeries"]) == 5
    wanted = ("--identity-values", f'["{agent.identity}"]')
    text, data = inf.both("agent", "index-execution-series", *wanted)
    assert sum(point["executionCount"] for point in data["series"][0]["points"]) == 5
    assert inf.not_run("agent") == set()


def test_alerts(inf: Inf, ours: Project) -> None:
    signal = new_signal(Agent.objects.get(project=ours))
    label(signal, "true", 5)
    alert = alert_of(signal)
    firing = firing_of(alert)
    of_signal = ("--signal-id", str(signal.uuid))
    rule = ("--metric", "true_rate", "--operator", "gte", "--threshold", "30", "--window", "1h")
    for words in (
        ("signals", "alerts", "list", *of_signal),
        ("signals", "alerts", "list-by-team"),
        ("signals", "alerts", "list-by-project"),
        ("signal-alert", "by-signal", *of_signal),
        ("signal-alert", "by-project"),
        ("signal-alert", "list"),
    ):
        text, data = inf.both(*words)
        assert [(row["id"], row["threshold"]) for row in data] == [(str(alert.uuid), 20)]
        assert (alert.name in text, str(alert.uuid) in text) == (True, True)
    for named, by_flag in (
        (("signals", "alerts"), False),
        (("signal-alert",), True),
    ):
        one = (("--id", str(alert.uuid)) if by_flag else (str(alert.uuid),)) + of_signal
        about = (("--alert-id", str(alert.uuid)) if by_flag else (str(alert.uuid),)) + of_signal
        text, data = inf.both(*named, "get", *one)
        assert (data["name"], alert.name in text) == (alert.name, True)
        text, data = inf.both(*named, "events", *about)
        assert [row["id"] for row in data] == [str(firing.uuid)]
        assert str(firing.uuid) in text
        text, data = inf.both(*named, "state", *about)
        assert (data["recentFiringCount"], data["enabled"]) == (1, True)
        text, data = inf.both(*named, "backtest", *of_signal, *rule)
        assert (data["threshold"], data["firingCount"]) == (30, 0)
        made = inf.json(*named, "create", *of_signal, "--name", f"By {named[0]}", *rule)
        stored = Alert.objects.get(uuid=made["id"])
        assert (stored.name, stored.threshold, stored.state) == (f"By {named[0]}", 30, "on")
        inf.human(*named, "create", *of_signal, "--name", f"Again by {named[0]}", *rule)
        edit = "update" if by_flag else "edit"
        changed = ("--name", f"Renamed by {named[0]}", "--enabled", "false")
        inf.human(*named, edit, *one, *changed, *rule)
        alert.refresh_from_db()
        assert (alert.name, alert.state, alert.threshold) == (changed[1], "paused", 30)
        back = inf.json(*named, edit, *one, "--name", alert.name, "--enabled", "true", *rule)
        assert back["enabled"] is True
        gone = ("--id", made["id"]) if by_flag else (made["id"],)
        inf.human(*named, "archive", *gone, *of_signal)
        stored.refresh_from_db()
        assert stored.state == "archived"
        assert "archived already" in inf.fails(*named, "archive", *gone, *of_signal)
    assert inf.not_run("signals", "alerts") == set()
    assert inf.not_run("signal-alert") == set()


def test_a_reading_key_may_look_and_not_write(
    inf: Inf, ours: Project, web_server: WebServer
) -> None:
    signal = new_signal(Agent.objects.get(project=ours))
    issued = keys.issue(ours, "eyes", None, now=timezone.now(), rights="read")
    inf.environment["INF_API_KEY"] = issued[1]
    assert inf.json("signals", "list-by-project")[0]["id"] == str(signal.uuid)
    assert inf.fails("signals", "disable", str(signal.uuid)) == keys.READ_ONLY_KEY
    signal.refresh_from_db()
    assert signal.state == "active"


def test_groups_that_are_not_served_say_so(inf: Inf) -> None:
    for words in (("dataset", "list"), ("models", "list"), ("deployment", "list")):
        assert NOT_SERVED[:21] in inf.fails(*words)
