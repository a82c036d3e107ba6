"""What the server writes as code is what the command line reads: the same signal comes of it."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from api.shapes import code
from api.shapes.code import CodeShape
from signals_app.definition import states
from signals_app.definition.versions import current_version
from signals_app.models import Signal
from teams import keys
from teams.models import Project
from tests.alerts.watched import alert_of
from tests.cli.fake_rest import CommandLine, FakeRest
from tests.fake_webhook import Answer, Request
from tests.signals_app.labelled import new_signal
from traces.models import Agent

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LABELS = [
    {"name": "good", "sentiment": "positive", "meaning": "It's kind, 100 %."},
    {"name": "bad", "sentiment": "neutral", "meaning": ""},
]
HOSTILE = "Say \"yes\".\n\n  It's $HOME `id`; 'quoted'\n--draft\n# no comment\n- no: list\x85\ttab"


def through_django(request: Request) -> Answer:
    """Answer as the server would, in the thread of the small one that commands speak to."""
    try:
        response = Client().generic(
            request.method,
            request.path,
            request.body,
            content_type="application/json",
            headers={"Authorization": request.headers["authorization"]},
        )
        head = {"Content-Type": response["Content-Type"]}
        return Answer(response.status_code, head, response.content)
    finally:
        connections.close_all()


@pytest.fixture
def server(rest: FakeRest, project: Project, monkeypatch: pytest.MonkeyPatch) -> FakeRest:
    secret = keys.issue(project, "cli", None, now=timezone.now())[1]
    monkeypatch.setenv("SIGNALS_API_KEY", secret)
    rest.answer = through_django
    return rest


def as_code(signal: Signal) -> CodeShape:
    """Return what REST writes of it."""
    alerts = list(signal.alerts.prefetch_related("destinations"))
    return code.code_of(signal, current_version(signal), alerts)


def asked(signal: Signal) -> tuple[Any, ...]:
    signal = Signal.objects.select_related("live_version").get(pk=signal.pk)
    version = signal.live_version
    assert version is not None
    asks = (version.type, version.prompt, version.labels, version.sample_rate)
    return (signal.agent_id, signal.name, signal.scope, signal.state, signal.template, *asks)


def made_anew(signal: Signal) -> Signal:
    return Signal.objects.filter(name=signal.name).exclude(pk=signal.pk).get()


@pytest.fixture(params=["of a template", "of its own"])
def signal(request: pytest.FixtureRequest, agent: Agent) -> Signal:
    if request.param == "of a template":
        return new_signal(agent)
    return new_signal(agent, type="string", labels=LABELS, prompt=HOSTILE, sample_rate=0.25)


def test_the_file_of_a_signal_plans_nothing(
    server: FakeRest, signals: CommandLine, signal: Signal
) -> None:
    alert_of(signal)
    text = as_code(signal).yaml
    answered = signals("apply", "-f", "-", "--dry-run", "--prune", "--json", given=text.encode())
    assert (answered.code, answered.err) == (0, "")
    assert answered.json["steps"] == []


def test_what_is_pulled_plans_nothing(
    server: FakeRest, signals: CommandLine, signal: Signal
) -> None:
    alert_of(signal)
    text = signals("pull", "-f", "-").out
    assert "name: Alert 1" in text
    answered = signals("apply", "-f", "-", "--dry-run", "--prune", "--json", given=text.encode())
    assert answered.json["steps"] == []


def test_the_file_makes_the_same_signal_again(
    server: FakeRest, signals: CommandLine, signal: Signal, project: Project
) -> None:
    alert = alert_of(signal, metric="label_volume", threshold=12.5)
    text, before = as_code(signal).yaml, asked(signal)
    states.archive(signal, None, timezone.now())
    Signal.objects.filter(pk=signal.pk).update(name="Old")
    assert signals("apply", "-f", "-", "--yes", given=text.encode()).code == 0
    again = Signal.objects.exclude(pk=signal.pk).get()
    assert asked(again) == before
    made = again.alerts.get()
    assert (made.name, made.threshold, made.window) == (alert.name, 12.5, alert.window)


def test_the_command_makes_the_same_signal_again(
    server: FakeRest, signals: CommandLine, signal: Signal
) -> None:
    written, before = as_code(signal), asked(signal)
    states.archive(signal, None, timezone.now())
    program, *words = shlex.split(written.cli.replace("\\\n", ""))
    assert program == "signals"
    answered = signals(*words, "--json")
    assert (answered.code, answered.err) == (0, "")
    assert asked(made_anew(signal)) == before
    assert json.loads(answered.out)["name"] == signal.name
