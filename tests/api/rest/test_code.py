"""A signal as code: each of its forms makes the same signal."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
import yaml
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.models.channels import Destination
from api.shapes import code
from signals_app.definition import states
from signals_app.models import Signal, SignalVersion
from teams.models import Project
from tests.alerts.watched import alert_of
from tests.api.rest.calling import Caller, writing
from tests.signals_app.labelled import new_agent, new_signal
from traces.models import Agent

pytestmark = pytest.mark.django_db

LABELS = [
    {"name": "good", "sentiment": "positive", "meaning": "It's kind, 100 %."},
    {"name": "bad", "sentiment": "negative", "meaning": ""},
]
HOSTILE = "Say \"yes\".\n\n  It's $HOME `id`; 'quoted'\n--draft\n# no comment\n- no: list\ttab"


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def code_of(caller: Caller, signal: Signal) -> dict[str, Any]:
    response = caller.get(f"/signals/{signal.uuid}/code")
    assert response.status_code == 200, response.content
    return dict(response.json())


def asked(signal: Signal) -> tuple[Any, ...]:
    signal = Signal.objects.select_related("live_version").get(pk=signal.pk)
    version = signal.live_version
    assert version is not None
    asks = (version.type, version.prompt, version.labels, version.sample_rate, version.judge_model)
    return (signal.agent_id, signal.name, signal.scope, signal.state, signal.template, *asks)


def archive(signal: Signal) -> None:
    """Let its name be free."""
    states.archive(signal, None, timezone.now())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prompt": HOSTILE, "sample_rate": 0.001, "judge_model": "other/model"},
        {"type": "string", "labels": LABELS, "name": 'It\'s $(id) "so"'},
        {"active": False},
    ],
)
def test_the_call_makes_the_same_signal(
    caller: Caller, agent: Agent, changes: dict[str, Any]
) -> None:
    signal = new_signal(agent, **changes)
    words = shlex.split(code_of(caller, signal)["rest"].replace("\\\n", ""))
    wanted = asked(signal)
    archive(signal)
    made = caller.post("/signals", json.loads(words[words.index("--data") + 1]))
    assert made.status_code == 201, made.content
    assert asked(Signal.objects.get(uuid=made.json()["id"])) == wanted


def test_the_file_says_all_of_a_signal_and_its_alerts(caller: Caller, agent: Agent) -> None:
    signal = new_signal(agent, name="Anger", type="string", labels=LABELS, prompt=HOSTILE)
    alert = alert_of(signal, name="Too much", label="bad", metric="value_share")
    slack = {"kind": "slack", "address": "C012", "address_name": "#support"}
    hook = {"kind": "webhook", "address": "https://hooks.example/in/S3CRET?t=T0KEN"}
    Destination.objects.filter(alert=alert).delete()
    for channel in (slack, hook):
        Destination.objects.create(alert=alert, **channel)
    text = code_of(caller, signal)["yaml"]
    (row,) = yaml.safe_load(text)["signals"]
    assert (row["name"], row["agent"], row["scope"], row["state"]) == (
        "Anger",
        "support",
        "trace",
        "active",
    )
    assert row["prompt"] == HOSTILE
    assert row["labels"] == [LABELS[0], {"name": "bad", "sentiment": "negative"}]
    (told,) = row["alerts"]
    assert (told["name"], told["label"], told["threshold"]) == ("Too much", "bad", alert.threshold)
    assert (told["slack_channel"], told["email"]) == ("C012", False)
    assert told["state"] == "active"
    assert "S3CRET" not in text
    assert "T0KEN" not in text
    assert "addresses of webhooks are secrets" in text


def test_a_prompt_stands_in_the_file_line_by_line(caller: Caller, agent: Agent) -> None:
    signal = new_signal(agent, prompt="First line.\nSecond line.")
    text = code_of(caller, signal)["yaml"]
    assert "    prompt: |-\n      First line.\n      Second line.\n" in text


def test_an_archived_alert_is_not_in_the_file(caller: Caller, signal: Signal) -> None:
    alert_of(signal, state="archived")
    assert "alerts" not in code_of(caller, signal)["yaml"]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    prompt=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1)
)
def test_any_prompt_comes_back_from_the_file_as_it_was(signal: Signal, prompt: str) -> None:
    version = SignalVersion(
        signal=signal, type="binary", prompt=prompt, labels=LABELS, sample_rate=1.0
    )
    (row,) = yaml.safe_load(code.signal_yaml(signal, version))["signals"]
    assert row["prompt"] == prompt


def test_the_command_says_every_value_as_one_word(caller: Caller, agent: Agent) -> None:
    signal = new_signal(agent, type="string", labels=LABELS, prompt=HOSTILE)
    written = code_of(caller, signal)
    words = shlex.split(written["cli"].replace("\\\n", ""))
    assert words[:2] == ["signals", "create"]
    assert f"--prompt={HOSTILE}" in words
    assert "--meaning=good=It's kind, 100 %." in words
    assert [word for word in words if word.startswith("--label")] == ["--label=good", "--label=bad"]
    assert "--draft" not in words
    assert written["leaves_out"] == []


def test_what_a_command_cannot_say_is_said_beside_it(caller: Caller, agent: Agent) -> None:
    own = [
        {"name": "true", "sentiment": "negative", "meaning": "They swear."},
        {"name": "false", "sentiment": "positive", "meaning": ""},
    ]
    (said,) = code_of(caller, new_signal(agent, name="Own", labels=own))["leaves_out"]
    assert "meanings of true and false" in said
    comma = [LABELS[0], LABELS[1] | {"name": "so, so"}]
    signal = new_signal(agent, name="Commas", type="string", labels=comma)
    (said,) = code_of(caller, signal)["leaves_out"]
    assert "commas" in said


def test_an_agent_whose_name_is_not_its_own_is_called_by_its_identity(
    caller: Caller, project: Project
) -> None:
    one, other = new_agent(project, "one"), new_agent(project, "other")
    Agent.objects.filter(pk=one.pk).update(name=other.identity)
    signal = new_signal(Agent.objects.get(pk=one.pk))
    (row,) = yaml.safe_load(code_of(caller, signal)["yaml"])["signals"]
    assert row["agent"] == "one"
