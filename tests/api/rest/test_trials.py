"""Trials and comparisons by REST: begun, watched, marked and stopped as on their pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from signals_app.models import JudgeJob, Outcome, Signal, Trial, TrialResult
from teams.models import Project
from tests.api.rest.calling import Caller, writing
from tests.signals_app.labelled import new_signal
from tests.traces.arrivals import arrive, new_project, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db

UNSAVED = {"scope": "trace", "type": "binary", "prompt": "Rude?", "sentiment": "negative"}
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def project() -> Project:
    project = new_project()
    for number in range(4):
        arrive(project, *turn(f"t{number}"))
    return project


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


@pytest.fixture
def signal(project: Project) -> Signal:
    return new_signal(Agent.objects.get(project=project), scope="trace", sample_rate=1)


def begun(caller: Caller, path: str = "/trials", **body: Any) -> dict[str, Any]:
    response = caller.post(path, body)
    assert response.status_code == 201, response.content
    return dict(response.json())


def judged(trial: str, *labels: str | None) -> None:
    """Let the judge have said this of the trial's targets, the newest first."""
    rows = TrialResult.objects.filter(trial__uuid=trial).order_by("position")
    for row, name in zip(rows, labels, strict=False):
        row.outcome = Outcome.FAILED if name is None else Outcome.LABELLED
        row.label, row.reason = name, "It broke." if name is None else ""
        row.save()
    Trial.objects.filter(uuid=trial).update(state="done", finished_at=timezone.now())


def asked(trial: Trial) -> tuple[Any, ...]:
    targets = list(trial.results.order_by("position").values_list("target", flat=True))
    question = (trial.scope, trial.type, trial.prompt, trial.labels, trial.template)
    return (trial.agent_id, trial.signal_id, trial.version_id, *question, targets)


def test_rest_tries_what_the_dialog_of_the_signal_tries(
    caller: Caller, writer: Client, project: Project, signal: Signal
) -> None:
    version = signal.live_version
    assert version is not None
    typed = {"prompt": version.prompt, "try-count": "3", "try-range": "7d"}
    writer.post(f"/p/{project.slug}/signals/{signal.uuid}/try/", typed)
    made = begun(caller, signal=str(signal.uuid), targets=3)
    by_page, by_rest = Trial.objects.order_by("pk")
    assert asked(by_page) == asked(by_rest)
    assert (made["state"], made["is_running"], made["total"], made["version"]) == (
        "running",
        True,
        3,
        1,
    )
    assert made["url"].endswith(f"/trials/{by_rest.uuid}/")


def test_rest_tries_what_the_form_of_a_new_signal_tries(
    caller: Caller, writer: Client, project: Project, signal: Signal
) -> None:
    typed = UNSAVED | {
        "agent": signal.agent.uuid,
        "try-count": "20",
        "try-range": "7d",
        "labels-TOTAL_FORMS": "0",
        "labels-INITIAL_FORMS": "0",
    }
    writer.post(f"/p/{project.slug}/signals/try/", typed)
    made = begun(caller, agent=signal.agent.name, **UNSAVED)
    by_page, by_rest = Trial.objects.order_by("pk")
    assert asked(by_page) == asked(by_rest)
    assert (made["signal"], made["version"], made["prompt"]) == (None, None, "Rude?")


def test_rest_refuses_the_trial_that_the_page_refuses(
    caller: Caller, writer: Client, project: Project
) -> None:
    quiet = Agent.objects.create(
        project=project,
        identity="quiet",
        name="quiet",
        first_seen_at=timezone.now(),
        last_seen_at=timezone.now(),
    )
    signal = new_signal(quiet, scope="trace")
    version = signal.live_version
    assert version is not None
    typed = {"prompt": version.prompt, "try-count": "3", "try-range": "7d"}
    page = writer.post(f"/p/{project.slug}/signals/{signal.uuid}/try/", typed)
    refused = caller.post("/trials", {"signal": str(signal.uuid)})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert [refused.json()["message"]] == page.context["targets"].non_field_errors()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "agent"),
        ({"agent": "nobody", **UNSAVED}, "agent"),
        ({"agent": "support", **UNSAVED, "scope": "session"}, "scope"),
        ({"agent": "support", **UNSAVED, "prompt": " "}, "prompt"),
        ({"agent": "support", **UNSAVED, "template": "nothing"}, "template"),
        ({"agent": "support", "scope": "trace"}, "type"),
        ({"agent": "support", **UNSAVED, "targets": 101}, "targets"),
        ({"agent": "support", **UNSAVED, "version": 1}, "version"),
        ({"signal": NOBODY}, "signal"),
    ],
)
def test_what_is_wrong_with_a_trial_is_said_at_its_field(
    caller: Caller, body: dict[str, Any], field: str
) -> None:
    refused = caller.post("/trials", body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert not Trial.objects.exists()


def test_a_trial_says_what_the_judge_said_of_each_target(caller: Caller, signal: Signal) -> None:
    trial = begun(caller, signal=str(signal.uuid))["id"]
    judged(trial, "true", "true", "false", None)
    found = caller.get(f"/trials/{trial}").json()
    assert (found["state"], found["is_running"], found["judged"]) == ("done", False, 4)
    assert found["counts"] == {"true": 2, "false": 1}
    assert found["unlabelled"] == {"failed": 1}
    first, last = found["rows"][0], found["rows"][3]
    assert (first["position"], first["label"], first["target"]["scope"]) == (0, "true", "trace")
    assert (last["label"], last["outcome"], last["reason"]) == (None, "failed", "It broke.")


def test_a_changed_question_is_tried_again_on_the_very_same_targets(
    caller: Caller, signal: Signal
) -> None:
    trial = begun(caller, signal=str(signal.uuid), targets=2)["id"]
    judged(trial, "true", "true")
    arrive(signal.project, *turn("newer"))
    same = begun(caller, f"/trials/{trial}/again")
    other = begun(caller, f"/trials/{trial}/again", prompt="Angry?")
    assert (same["version"], other["version"], other["prompt"]) == (1, None, "Angry?")
    targets = [[row["target"] for row in each["rows"]] for each in (same, other)]
    assert targets[0] == targets[1]
    assert [row["before"] for row in other["rows"]] == ["true", "true"]


def test_line_ends_of_a_browser_are_no_change_of_the_question(
    caller: Caller, signal: Signal
) -> None:
    version = signal.live_version
    assert version is not None
    prompt = version.prompt.replace("\n", "\r\n") + "\n"
    assert begun(caller, signal=str(signal.uuid), prompt=prompt)["version"] == 1


def test_a_person_says_what_a_label_should_have_been(caller: Caller, signal: Signal) -> None:
    trial = begun(caller, signal=str(signal.uuid))["id"]
    judged(trial, "true", "true", "true", "true")
    marked = caller.send("PUT", f"/trials/{trial}/marks/1", {"wanted": "false"}).json()
    assert [row["wanted"] for row in marked["rows"]] == ["", "false", "", ""]
    assert marked["agreed"] == 3
    taken_back = caller.send("PUT", f"/trials/{trial}/marks/1", {"wanted": ""}).json()
    assert taken_back["agreed"] == 4
    for position, wanted in ((9, "false"), (1, "maybe"), (10**12, "false")):
        path = f"/trials/{trial}/marks/{position}"
        assert caller.send("PUT", path, {"wanted": wanted}).status_code == 422


def test_a_trial_is_stopped_and_stopping_it_again_changes_nothing(
    caller: Caller, signal: Signal
) -> None:
    path = f"/trials/{begun(caller, signal=str(signal.uuid))['id']}"
    for _time in range(2):
        assert caller.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert not JudgeJob.objects.exists()


def test_a_sixth_trial_at_a_time_is_refused(caller: Caller, signal: Signal) -> None:
    for _number in range(5):
        begun(caller, signal=str(signal.uuid))
    refused = caller.post("/trials", {"signal": str(signal.uuid)})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_two_versions_are_compared_on_the_same_targets(caller: Caller, signal: Signal) -> None:
    path = f"/signals/{signal.uuid}"
    caller.patch(path, {"prompt": "Angry?", "based_on": 1})
    made = begun(caller, f"{path}/comparisons", before=1, after=2, targets=3)
    assert (made["state"], made["is_running"], made["total"]) == ("running", True, 6)
    judged(made["before"]["trial"], "true", "true", None)
    judged(made["after"]["trial"], "true", "false", "false")
    found = caller.get(f"/comparisons/{made['id']}").json()
    assert (found["state"], found["both"], found["agreed"], found["agreement"]) == (
        "done",
        2,
        1,
        0.5,
    )
    assert found["moves"] == [{"before": "true", "after": "false", "n": 1}]
    assert found["counts"] == {"flips": 1, "unpaired": 1, "all": 3}
    (flip,) = caller.get(f"/comparisons/{made['id']}", show="flips").json()["rows"]
    assert (flip["before"], flip["label"]) == ("true", "false")
    assert found["url"].endswith(f"/{made['id']}/")


def test_a_comparison_is_stopped_under_both_versions(caller: Caller, signal: Signal) -> None:
    made = begun(caller, f"/signals/{signal.uuid}/comparisons", before=1, after=1)
    stopped = caller.post(f"/comparisons/{made['id']}/cancel").json()
    assert (stopped["state"], stopped["is_running"]) == ("cancelled", False)
    assert not Trial.objects.filter(state="running").exists()


def test_a_comparison_needs_versions_that_are_there(caller: Caller, signal: Signal) -> None:
    body = {"before": 1, "after": 2}
    refused = caller.post(f"/signals/{signal.uuid}/comparisons", body)
    assert (refused.status_code, refused.json()["field"]) == (422, "after")


def test_a_trial_that_is_compared_with_none_is_no_comparison(
    caller: Caller, signal: Signal
) -> None:
    trial = begun(caller, signal=str(signal.uuid))["id"]
    assert caller.get(f"/comparisons/{trial}").status_code == 404
    assert caller.get(f"/comparisons/{NOBODY}").status_code == 404
