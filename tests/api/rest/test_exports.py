"""Traces as a file by REST: those that the list has, in a form that can be uploaded again."""

from __future__ import annotations

import gzip
import http.client
import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from teams.models import Project
from tests.api.rest.calling import ROOT, Caller, reading, writing
from tests.server import WebServer, test_database_url
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, new_project, trace_id_of, turn
from traces.models import Agent, Trace

pytestmark = pytest.mark.django_db

PATH = "/export/traces"


@pytest.fixture
def caller(project: Project) -> Caller:
    """Somebody who may read three traces, of which the second failed."""
    at = timezone.now() - timedelta(hours=2)
    for n, error in enumerate(("", "It broke.", "")):
        arrive(project, *turn(f"t{n}", at=at + timedelta(minutes=n), error=error))
    return reading(project)


def body(response: Any) -> bytes:
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def traces_in(response: Any) -> list[str]:
    """Return the traces of flat lines, each once."""
    lines = [json.loads(line) for line in body(response).splitlines()]
    return list(dict.fromkeys(line["trace_id"] for line in lines))


def called(*names: str) -> list[str]:
    return [trace_id_of(name).hex for name in names]


def test_an_export_has_the_traces_of_the_list_with_the_same_filters(caller: Caller) -> None:
    for asked in ({}, {"status": "error"}, {"text": "order"}, {"min_s": "100"}):
        listed = [each["trace_id"] for each in caller.get("/traces", **asked).json()["items"]]
        assert traces_in(caller.get(PATH, format="flat", **asked)) == listed
    assert traces_in(caller.get(PATH, format="flat", order="oldest")) == called("t0", "t1", "t2")


def test_labels_say_what_is_exported(caller: Caller, project: Project) -> None:
    signal = new_signal(Agent.objects.get(project=project))
    label(signal, "true", target=trace_id_of("t2"))
    assert traces_in(caller.get(PATH, format="flat", label=f"{signal.uuid}:true")) == called("t2")


def test_ids_say_what_is_exported_whenever_it_was(caller: Caller, project: Project) -> None:
    arrive(project, *turn("old", at=timezone.now() - timedelta(days=5)))
    wanted = called("old", "t0")
    assert traces_in(caller.get(PATH, format="flat", trace_id=wanted)) == wanted


@pytest.mark.parametrize("form", ["otlp", "flat"])
def test_what_was_exported_can_be_uploaded_to_another_project(caller: Caller, form: str) -> None:
    file = body(caller.get(PATH, format=form))
    other = new_project("Other")
    done = writing(other)
    response = done.client.generic(
        "POST", f"{ROOT}/uploads", data=file, content_type="x/y", headers=done.headers
    )
    assert (response.json()["spans_accepted"], response.json()["errors"]) == (6, [])
    assert Trace.objects.of_project(other.pk).count() == 3


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [("gzip, br", True), ("br", False), ("", False), ("gzip;q=0", False), ("gzip;q=0.5", True)],
)
def test_it_is_gzip_for_those_who_take_it(caller: Caller, accepted: str, is_packed: bool) -> None:
    plain = body(caller.get(PATH))
    headers = caller.headers | {"Accept-Encoding": accepted}
    response = caller.client.get(ROOT + PATH, headers=headers)
    assert response.headers.get("Content-Encoding") == ("gzip" if is_packed else None)
    assert "Accept-Encoding" in response.headers["Vary"]
    sent = body(response)
    assert (gzip.decompress(sent) if is_packed else sent) == plain


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"format": "csv"}, "format"),
        ({"trace_id": "x"}, "trace_id"),
        ({"trace_id": "0" * 31 + "1"}, "trace_id"),
        ({"trace_id": trace_id_of("t0").hex, "status": "ok"}, "trace_id"),
        ({"metadata": "plan"}, "metadata"),
        ({"limit": "5"}, "limit"),
    ],
    ids=str,
)
def test_what_cannot_be_exported_is_refused_by_field(
    caller: Caller, asked: dict[str, str], field: str
) -> None:
    refused = caller.get(PATH, **asked)
    assert (refused.status_code, refused.json()["field"].partition(".")[0]) == (422, field)


def test_traces_of_another_project_are_not_there(caller: Caller) -> None:
    arrive(new_project("Theirs"), *turn("theirs"))
    assert caller.get(PATH, trace_id=trace_id_of("theirs").hex).status_code == 422
    assert trace_id_of("theirs").hex not in body(caller.get(PATH)).decode()


@pytest.mark.slow
def test_a_real_server_sends_it_in_pieces(transactional_db: None, project: Project) -> None:
    arrive(project, *(each for n in range(300) for each in turn(f"t{n}")))
    secret = reading(project).secret
    with WebServer(test_database_url()) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        headers = {"Authorization": f"Bearer {secret}", "Accept-Encoding": "gzip"}
        client.request("GET", f"{ROOT}{PATH}?format=flat", headers=headers)
        response = client.getresponse()
        packed = response.read()
        client.close()
    assert (response.status, response.headers["Transfer-Encoding"]) == (200, "chunked")
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(gzip.decompress(packed).splitlines()) == 600
