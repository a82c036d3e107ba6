"""`trace export` of the vendor's command line: a job that is ready at once, and its file."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from api.inf import exporting
from api.models import TraceExport
from teams.deletion.deleting import delete_project
from teams.models import Project
from tests.api.inf.calling import Caller, error_of, reading, writing
from tests.traces.arrivals import arrive, new_project, trace_id_of, turn

pytestmark = pytest.mark.django_db

DAY = {"from": (timezone.now() - timedelta(days=1)).isoformat()}


@pytest.fixture
def caller(project: Project) -> Caller:
    arrive(project, *turn("a", session__id="chat"))
    arrive(project, *turn("b", agent="billing", error="broken"))
    arrive(new_project("Theirs"), *turn("theirs"))
    return writing(project)


def hex_of(name: str) -> str:
    return trace_id_of(name).hex


def created(caller: Caller, **changes: Any) -> dict[str, Any]:
    job = caller.tells("traces.exports.create", filter=DAY | changes)["jobId"]
    return {"jobId": job}


def file_of(caller: Caller, one: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of an export, fetched by its address without a key."""
    url = caller.tells("traces.exports.download", **one)["presignedUrl"]
    response: Any = Client().get(urlsplit(url).path)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/gzip"
    text = gzip.decompress(b"".join(response.streaming_content)).decode()
    return [json.loads(line) for line in text.splitlines()]


def traces_in(lines: list[dict[str, Any]]) -> set[str]:
    return {line["trace_id"] for line in lines}


def test_an_export_is_ready_at_once_and_has_every_span(caller: Caller) -> None:
    one = created(caller)
    status = caller.asks("traces.exports.status", **one, output="/tmp/x")
    assert (status["status"], status["traceCount"]) == ("ready", 2)
    lines = file_of(caller, one)
    assert traces_in(lines) == {hex_of("a"), hex_of("b")}
    assert len(lines) == 4
    assert {line["name"] for line in lines} == {"root", "chat"}


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"statusCode": "ERROR"}, {"b"}),
        ({"statusCode": "OK"}, {"a"}),
        ({"sessionId": "chat"}, {"a"}),
        ({"agentIdentity": {"source": "agent_id_or_name", "value": "billing"}}, {"b"}),
        ({"observationKinds": ["LLM"]}, {"a", "b"}),
        ({"llmModelName": "other"}, set()),
        ({"traceIds": [trace_id_of("a").hex, trace_id_of("theirs").hex]}, {"a"}),
        ({"to": (timezone.now() - timedelta(hours=5)).isoformat()}, set()),
    ],
)
def test_a_filter_leaves_its_traces(
    caller: Caller, changes: dict[str, Any], names: set[str]
) -> None:
    lines = file_of(caller, created(caller, **changes))
    assert traces_in(lines) == {hex_of(name) for name in names}


@pytest.mark.parametrize(
    "changes",
    [
        {"statusCode": "UNSET"},
        {"provenance": "live"},
        {"observationKinds": ["LLM", "TOOL"]},
        {"traceIds": ["no"]},
        {"from": "yesterday"},
        {"agentIdentity": {"value": "nobody"}},
    ],
)
def test_a_filter_that_is_not_known_is_refused_when_the_job_is_made(
    caller: Caller, changes: dict[str, Any]
) -> None:
    caller.is_refused("traces.exports.create", filter=DAY | changes)
    assert not TraceExport.objects.exists()


def test_a_reading_key_may_export(caller: Caller, project: Project) -> None:
    assert len(file_of(reading(project), created(reading(project)))) == 4


def test_jobs_are_listed_from_the_newest_and_paged_by_the_last_one(caller: Caller) -> None:
    ids = [created(caller)["jobId"] for _ in range(3)]
    first = caller.asks("traces.exports.list", limit=2)
    assert [each["id"] for each in first] == ids[:0:-1]
    rest = caller.asks("traces.exports.list", limit=2, cursor=first[-1]["id"])
    assert [each["id"] for each in rest] == ids[:1]


def test_an_export_of_another_project_is_not_found(caller: Caller) -> None:
    one, stranger = created(caller), writing(new_project("Strangers"))
    assert stranger.is_refused("traces.exports.status", asks=True, **one)[0] == "NOT_FOUND"
    assert stranger.is_refused("traces.exports.download", **one)[0] == "NOT_FOUND"
    assert stranger.asks("traces.exports.list") == []


def test_an_address_is_good_for_an_hour_and_while_the_project_is_there(
    caller: Caller, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = urlsplit(caller.tells("traces.exports.download", **created(caller))["presignedUrl"]).path
    assert Client().get(path).status_code == 200
    assert error_of(Client().get(path.replace("/traces.", "x/traces.")))[0] == "NOT_FOUND"
    monkeypatch.setattr(exporting, "GOOD_FOR", timedelta(seconds=-1))
    assert error_of(Client().get(path))[0] == "NOT_FOUND"
    monkeypatch.undo()
    delete_project(project, timezone.now())
    assert error_of(Client().get(path))[0] == "NOT_FOUND"


def test_old_exports_are_forgotten(caller: Caller) -> None:
    created(caller)
    exporting.prune(timezone.now() + exporting.KEPT_FOR + timedelta(hours=1))
    assert not TraceExport.objects.exists()
