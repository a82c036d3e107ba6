"""Runs by REST: previewed, started, watched, stopped and retried as on their pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from signals_app.models import Classification, JudgeJob, Run, Signal
from signals_app.runs import runs
from teams.models import Project
from tests.api.rest.calling import Caller, reading, writing
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, new_project, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


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


def started(caller: Caller, signal: Signal, **body: Any) -> dict[str, Any]:
    response = caller.post(f"/signals/{signal.uuid}/runs", body)
    assert response.status_code == 201, response.content
    runs.feed(timezone.now())
    return dict(response.json())


def test_a_preview_says_what_a_run_would_find_and_starts_nothing(
    project: Project, writer: Client, signal: Signal
) -> None:
    response = reading(project).post(f"/signals/{signal.uuid}/runs/preview", {"range": "1d"})
    preview = response.json()
    page = writer.get(f"/p/{project.slug}/signals/{signal.uuid}/runs/new/").context
    assert (preview["matched"], preview["to_judge"], preview["rate"]) == (4, 4, 1)
    assert preview["to_judge"] == page["preview"].to_judge
    assert preview["cost"]["why_no_cost"] == page["estimate"].why_no_cost
    assert not Run.objects.exists()


def test_rest_starts_the_run_that_the_page_starts(
    caller: Caller, writer: Client, project: Project, signal: Signal
) -> None:
    now = timezone.now()
    since, until = (now - DAY).isoformat(), (now + DAY).isoformat()
    address = f"/p/{project.slug}/signals/{signal.uuid}/runs/start/"
    writer.post(address, {"since": since, "until": until, "percent": "50"})
    made = started(caller, signal, start=since, end=until, rate=0.5)
    by_page, by_rest = Run.objects.order_by("pk")
    for name in ("start", "sample_rate", "version_id", "expected", "state"):
        assert getattr(by_page, name) == getattr(by_rest, name), name
    assert by_rest.end - by_page.end < timedelta(minutes=1)
    assert made["url"].endswith(f"/signals/{signal.uuid}/runs/{by_rest.uuid}/")
    assert made["end"] <= timezone.now().isoformat()


def test_rest_refuses_the_run_that_the_page_refuses(
    caller: Caller, writer: Client, project: Project, signal: Signal
) -> None:
    now = timezone.now()
    since, until = (now + DAY).isoformat(), (now + 2 * DAY).isoformat()
    address = f"/p/{project.slug}/signals/{signal.uuid}/runs/start/"
    page = writer.post(address, {"since": since, "until": until, "percent": "50"})
    for path in ("runs", "runs/preview"):
        refused = caller.post(f"/signals/{signal.uuid}/{path}", {"start": since, "end": until})
        problem = refused.json()
        assert (refused.status_code, problem["field"]) == (422, "start")
        assert [problem["message"]] == page.context["form"].errors["since"]
    Signal.objects.update(state="archived")
    page = writer.post(address, {"since": (now - DAY).isoformat(), "percent": "50"})
    refused = caller.post(f"/signals/{signal.uuid}/runs", {"range": "1d"})
    assert refused.status_code == 409
    assert [refused.json()["message"]] == page.context["form"].non_field_errors()
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rate": 0}, "rate"),
        ({"rate": 1.5}, "rate"),
        ({"range": "2d"}, "range"),
        ({"range": "1d", "end": "2026-01-01T00:00:00Z"}, "range"),
        ({"start": "yesterday"}, "start"),
        ({"sample": 1}, "sample"),
    ],
)
def test_what_is_wrong_with_a_run_is_said_at_its_field(
    caller: Caller, signal: Signal, body: dict[str, Any], field: str
) -> None:
    refused = caller.post(f"/signals/{signal.uuid}/runs", body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_a_run_says_how_far_it_is(caller: Caller, signal: Signal) -> None:
    made = started(caller, signal, range="1d")
    run = Run.objects.get(uuid=made["id"])
    label(signal, "true", 1, source="run", run_id=run.pk)
    label(signal, None, 1, source="run", run_id=run.pk, reason="The judge did not answer.")
    found = caller.get(f"/runs/{made['id']}").json()
    assert (found["state"], found["total"], found["judged"], found["share"]) == (
        "running",
        4,
        2,
        0.5,
    )
    assert found["counts"] == {"true": 1, "false": 0}
    assert found["unlabelled"] == {"failed": 1}
    assert found["reasons"] == [{"outcome": "failed", "text": "The judge did not answer.", "n": 1}]


def test_a_run_is_stopped_once(caller: Caller, signal: Signal) -> None:
    path = f"/runs/{started(caller, signal, range='1d')['id']}"
    stopped = caller.post(f"{path}/cancel").json()
    assert (stopped["state"], stopped["dropped"]) == ("cancelled", 4)
    again = caller.post(f"{path}/cancel")
    assert (again.status_code, again.json()["message"]) == (409, "This run is cancelled already.")
    retried = caller.post(f"{path}/retry")
    assert (retried.status_code, retried.json()["code"]) == (409, "conflict")


def test_what_failed_is_judged_again(caller: Caller, signal: Signal) -> None:
    made = started(caller, signal, range="1d")
    run = Run.objects.get(uuid=made["id"])
    JudgeJob.objects.all().delete()
    label(signal, None, 2, source="run", run_id=run.pk)
    label(signal, None)
    assert caller.post(f"/runs/{made['id']}/retry").json()["retried"] == 2
    assert caller.post(f"/signals/{signal.uuid}/retry").json() == {"retried": 1}
    assert (JudgeJob.objects.count(), Classification.objects.count()) == (3, 0)


def test_runs_are_listed_of_a_signal_and_of_the_project(
    caller: Caller, project: Project, signal: Signal
) -> None:
    other = new_signal(signal.agent, name="Other")
    mine = [started(caller, signal, range="1d")["id"] for _ in range(3)]
    theirs = started(caller, other, range="1d")["id"]
    caller.post(f"/runs/{theirs}/cancel")

    def ids(path: str, **query: Any) -> list[str]:
        return [each["id"] for each in caller.get(path, **query).json()["items"]]

    assert ids("/runs") == [theirs, *reversed(mine)]
    assert ids(f"/signals/{signal.uuid}/runs") == list(reversed(mine))
    assert ids("/runs", signal=str(other.uuid)) == [theirs]
    assert ids("/runs", state="running") == list(reversed(mine))
    first = caller.get("/runs", limit=3).json()
    assert ids("/runs", limit=3, cursor=first["next_cursor"]) == [mine[0]]
    refused = caller.get("/runs", signal="00000000-0000-0000-0000-000000000000")
    assert (refused.status_code, refused.json()["field"]) == (422, "signal")
