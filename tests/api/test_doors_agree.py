"""The page, REST, the vendor's command line and MCP call the same verbs: the same comes of them,
and the same is refused in the same words."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from alerts.editing import CONDITION
from alerts.models import Alert
from api.mcp.trouble import Trouble
from signals_app.definition import states
from signals_app.definition.editing import CannotEdit
from signals_app.models import Run, Signal, Trial
from signals_app.runs import runs
from signals_app.trials.trials import CannotTry
from teams.models import Project
from tests.api.inf import calling as inf
from tests.api.mcp.calling import caller_of, say
from tests.api.rest import calling as rest
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import arrive, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db

LABELS = [
    {"name": "polite", "sentiment": "positive", "meaning": ""},
    {"name": "rude", "sentiment": "negative", "meaning": ""},
]
PROMPT = "Was the agent rude?"


class Doors:
    """Everybody who may come in; each way returns what was refused, "" for what was done."""

    def __init__(self, project: Project, person: Client) -> None:
        self.project, self.person = project, person
        self.rest, self.inf = rest.writing(project), inf.writing(project)
        self.mcp = caller_of(project)

    def post(self, path: str, form: dict[str, Any]) -> str:
        response = self.person.post(f"/p/{self.project.slug}/{path}", form, follow=True)
        if response.status_code == 200:
            said = [str(each) for each in response.context["messages"] if each.level_tag == "error"]
            return " ".join(said)
        errors = response.context["form"].errors.values()
        return " ".join(text for texts in errors for text in texts)

    def send(self, method: str, path: str, body: Any = None) -> str:
        response = self.rest.send(method, path, body or {})
        return "" if response.status_code < 300 else str(response.json()["message"])

    def tell(self, procedure: str, **fields: Any) -> str:
        answer = self.inf.mutation(procedure, fields).json()
        return str(answer["error"]["message"]) if "error" in answer else ""

    def ask(self, tool: str, **arguments: Any) -> str:
        try:
            say(self.mcp, tool, **arguments)
        except ValidationError as error:
            return " ".join(error.messages)
        except (Trouble, CannotEdit, CannotTry, states.CannotChange, runs.CannotRun) as error:
            return str(error)
        return ""


@pytest.fixture
def doors(project: Project, writer: Client) -> Doors:
    return Doors(project, writer)


def by_page(doors: Doors, agent: Agent, name: str, prompt: str = PROMPT) -> str:
    rows = {
        f"labels-{index}-{field}": row[field]
        for index, row in enumerate(LABELS)
        for field in ("name", "sentiment", "meaning")
    }
    counts = {"labels-TOTAL_FORMS": "10", "labels-INITIAL_FORMS": "0"}
    plain = {"agent": agent.uuid, "name": name, "scope": "trace", "type": "string"}
    return doors.post(
        "signals/create/", {**rows, **counts, **plain, "prompt": prompt, "percent": "50"}
    )


def by_rest(doors: Doors, agent: Agent, name: str, prompt: str = PROMPT) -> str:
    body = {"agent": agent.name, "name": name, "scope": "trace", "type": "string"}
    asked = {"prompt": prompt, "labels": LABELS, "sample_rate": 0.5}
    return doors.send("POST", "/signals", body | asked)


def by_inf(doors: Doors, agent: Agent, name: str, prompt: str = PROMPT) -> str:
    return doors.tell(
        "signals.create",
        agentId=str(agent.uuid),
        name=name,
        scope="trace",
        classifierType="string",
        prompt=prompt,
        labels=["polite", "rude"],
        labelSentiments={"polite": "positive", "rude": "negative"},
        sampleRatePercent=50,
        templateKey=None,
    )


def by_mcp(doors: Doors, agent: Agent, name: str, prompt: str = PROMPT) -> str:
    given = {"agent": agent.name, "name": name, "prompt": prompt, "scope": "trace"}
    return doors.ask("create_signal", **given, labels=LABELS, sample_rate=0.5, activate=True)


CREATE = {"page": by_page, "rest": by_rest, "inf": by_inf, "mcp": by_mcp}


def made_of(signal: Signal) -> tuple[Any, ...]:
    version = signal.live_version
    assert version is not None
    plain = (signal.name, signal.scope, version.type, version.prompt, version.sample_rate)
    return (*plain, version.labels, version.number)


def test_each_door_makes_the_same_signal(doors: Doors, project: Project) -> None:
    made = {}
    for door, create in CREATE.items():
        agent = new_agent(project, f"agent of {door}")
        assert create(doors, agent, "Rude") == "", door
        made[door] = made_of(Signal.objects.get(agent=agent))
    assert len({repr(each) for each in made.values()}) == 1, made


def test_each_door_refuses_a_name_that_is_taken_in_the_same_words(
    doors: Doors, agent: Agent
) -> None:
    new_signal(agent, name="Rude")
    for door, create in CREATE.items():
        assert "has a signal of this name already" in create(doors, agent, "Rude"), door
    assert Signal.objects.count() == 1


def act_on(doors: Doors, door: str, signal: Signal, verb: str) -> str:
    """Lead a signal through one of its states."""
    key = str(signal.uuid)
    if door == "page":
        return doors.post(f"signals/{key}/{verb}/", {})
    if door == "rest":
        return doors.send("POST", f"/signals/{key}/{verb}")
    if door == "inf":
        theirs = {"pause": "disable"}.get(verb, verb)
        return doors.tell(f"signals.{theirs}", id=key)
    wanted = {"pause": "paused", "activate": "active", "archive": "archived"}[verb]
    return doors.ask("set_signal_state", signal=key, state=wanted)


@pytest.mark.parametrize("door", CREATE)
def test_each_door_leads_a_signal_through_its_states(doors: Doors, agent: Agent, door: str) -> None:
    signal, led = new_signal(agent), []
    for verb in ("pause", "activate", "archive"):
        assert act_on(doors, door, signal, verb) == "", verb
        signal.refresh_from_db()
        led.append(signal.state)
    assert led == ["paused", "active", "archived"]


@pytest.mark.parametrize("door", CREATE)
def test_no_door_activates_an_archived_signal(doors: Doors, agent: Agent, door: str) -> None:
    signal = new_signal(agent)
    act_on(doors, door, signal, "archive")
    why = act_on(doors, door, signal, "activate")
    signal.refresh_from_db()
    assert "An archived signal cannot be activated. Restore it first." in why
    assert signal.state == "archived"


ALERT = {
    "metric": "true_rate",
    "comparison": "pct_change",
    "operator": "gte",
    "threshold": 20.0,
    "window": "1h",
}


def alert_by(doors: Doors, door: str, signal: Signal, name: str) -> str:
    """Make an alert that is the same by each door."""
    key = str(signal.uuid)
    if door == "page":
        form = {"signal": key, "metric": "true_rate", "direction": "increases", "threshold": "20"}
        rest_of = {"window": "1h", "cooldown_min": "60", "guard": "on", "name": name, "email": "on"}
        return doors.post("alerts/create/", form | rest_of | {"days": "7"})
    if door == "rest":
        body = {"signal": key, "name": name, "cooldown_min": 60, **ALERT}
        return doors.send("POST", "/alerts", body)
    if door == "inf":
        theirs = {"minLabelCount": 0, "cooldownMinutes": 60, "stringLabel": None}
        slack = {"slackChannelId": None, "slackChannelName": None}
        return doors.tell(
            "signalAlerts.create", signalId=key, name=name, **ALERT, **theirs, **slack
        )
    return doors.ask("create_alert", signal=key, name=name, cooldown_min=60, **ALERT)


def test_each_door_makes_the_same_alert(doors: Doors, project: Project) -> None:
    made = {}
    for door in CREATE:
        signal = new_signal(new_agent(project, f"agent of {door}"))
        assert alert_by(doors, door, signal, "Up") == "", door
        alert = Alert.objects.get(signal=signal)
        told = [each.kind for each in alert.destinations.all()]
        made[door] = (alert.name, told, *(getattr(alert, name) for name in CONDITION))
    assert len({repr(each) for each in made.values()}) == 1, made


def test_each_door_refuses_a_second_alert_of_one_name_in_the_same_words(
    doors: Doors, signal: Signal
) -> None:
    alert_by(doors, "rest", signal, "Up")
    for door in CREATE:
        why = alert_by(doors, door, signal, "Up")
        assert "This signal has an alert of this name." in why, (door, why)
    assert Alert.objects.count() == 1


def run_by(doors: Doors, door: str, signal: Signal) -> str:
    key, start, end = str(signal.uuid), "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"
    if door == "page":
        form = {"since": start, "until": end, "percent": "50"}
        return doors.post(f"signals/{key}/runs/start/", form)
    if door == "rest":
        return doors.send("POST", f"/signals/{key}/runs", {"start": start, "end": end, "rate": 0.5})
    if door == "inf":
        bounds = {"from": start, "to": end}
        return doors.tell("signals.createManualRun", signalId=key, sampleRatePercent=50, **bounds)
    return doors.ask("start_run", signal=key, range="1d", sample_rate=0.5, wait_s=0)


def test_each_door_starts_a_run_at_the_rate_that_is_said(doors: Doors, project: Project) -> None:
    for door in CREATE:
        signal = new_signal(new_agent(project, f"agent of {door}"))
        assert run_by(doors, door, signal) == "", door
        run = Run.objects.get(signal=signal)
        assert (run.sample_rate, run.version_id) == (0.5, signal.live_version_id), door


def test_no_door_runs_an_archived_signal(doors: Doors, project: Project) -> None:
    for door in CREATE:
        signal = new_signal(new_agent(project, f"agent of {door}"))
        states.archive(signal, None, signal.created_at)
        assert "not archived can be run" in run_by(doors, door, signal), door
    assert Run.objects.count() == 0


def edit_by(doors: Doors, door: str, signal: Signal, prompt: str) -> str:
    """Ask something else, and leave the rest as it was."""
    key, asked = str(signal.uuid), signal.versions.get(number=1)
    if door == "page":
        meanings = {f"{label['name']}_meaning": label["meaning"] for label in asked.labels}
        plain = {"name": signal.name, "type": "binary", "prompt": prompt, "percent": "100"}
        form = {**plain, **meanings, "sentiment": "negative", "based_on": "1", **EMPTY_ROWS}
        return doors.post(f"signals/{key}/edit/save/", form)
    if door == "rest":
        return doors.send("PATCH", f"/signals/{key}", {"based_on": 1, "prompt": prompt})
    if door == "inf":
        theirs = {"labels": [], "labelSentiments": {"true": "negative", "false": "positive"}}
        plain = {"id": key, "scope": signal.scope, "classifierType": "binary"}
        return doors.tell("signals.edit", **plain, prompt=prompt, sampleRatePercent=100, **theirs)
    return doors.ask("edit_signal", signal=key, based_on=1, prompt=prompt)


EMPTY_ROWS = {"labels-TOTAL_FORMS": "10", "labels-INITIAL_FORMS": "0"}


def test_each_door_makes_the_same_next_version(doors: Doors, project: Project) -> None:
    made = {}
    for door in CREATE:
        signal = new_signal(new_agent(project, f"agent of {door}"))
        assert edit_by(doors, door, signal, "Is the user angry?") == "", door
        signal.refresh_from_db()
        made[door] = made_of(signal)
    assert len({repr(each) for each in made.values()}) == 1, made
    assert made["page"][-1] == 2


def test_no_door_edits_an_archived_signal(doors: Doors, project: Project) -> None:
    for door in CREATE:
        signal = new_signal(new_agent(project, f"agent of {door}"))
        states.archive(signal, None, signal.created_at)
        why = edit_by(doors, door, signal, "Is the user angry?")
        assert "An archived signal cannot be edited. Restore it first." in why, (door, why)


def try_by(doors: Doors, door: str, signal: Signal) -> str:
    """Try the question of a signal on three of its targets."""
    key = str(signal.uuid)
    if door == "page":
        form = {"prompt": PROMPT, "try-count": "3", "try-range": "7d"}
        response = doors.person.post(f"/p/{doors.project.slug}/signals/{key}/try/", form)
        errors = response.context["targets"].non_field_errors() if response.context else []
        return " ".join(errors) if response.status_code == 422 else ""
    if door == "rest":
        return doors.send(
            "POST", "/trials", {"signal": key, "prompt": PROMPT, "targets": 3, "range": "7d"}
        )
    return doors.ask("test_signal", signal=key, prompt=PROMPT, targets=3, range="7d", wait_s=0)


def test_doors_that_try_a_question_try_it_on_the_same_targets(
    doors: Doors, project: Project
) -> None:
    for name in ("one", "two", "three", "four"):
        arrive(project, *turn(name))
    signal = new_signal(Agent.objects.get(project=project))
    made = []
    for door in ("page", "rest", "mcp"):
        assert try_by(doors, door, signal) == "", door
        trial = Trial.objects.order_by("-pk")[0]
        made.append((trial.prompt, [row.target for row in trial.results.all()]))
    assert len(made[0][1]) == 3
    assert made[0] == made[1] == made[2]


def test_doors_that_try_a_question_refuse_in_the_same_words_where_nothing_has_come(
    doors: Doors, signal: Signal
) -> None:
    for door in ("page", "rest", "mcp"):
        why = try_by(doors, door, signal)
        assert "support has no finished traces in this range. Widen it." in why, (door, why)
