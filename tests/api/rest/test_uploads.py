"""Files of traffic by REST: stored at their own times, with what is wrong said line by line."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig

from api.rest.resources.traffic import uploads
from teams.models import Project
from tests.api.rest.calling import ROOT, Caller, reading, writing
from tests.traces.arrivals import span, trace_id_of
from tests.traces.uploading.files import flat_line, message, otlp_line
from traces.models import Trace

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def put(
    caller: Caller, content: bytes, kind: str = "application/octet-stream", **asked: str
) -> Any:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return caller.client.generic(
        "POST",
        f"{ROOT}/uploads?{query}",
        data=content,
        content_type=kind,
        headers=caller.headers,
    )


@pytest.mark.parametrize(
    ("content", "asked"),
    [
        (otlp_line(span("one")) + otlp_line(span("two")), {}),
        (gzip.compress(otlp_line(span("one"), span("two"))), {"format": "otlp-json-lines"}),
        (message(span("one"), span("two")), {"format": "otlp-protobuf"}),
        (flat_line(span("one")) + flat_line(span("two")), {"format": "flat"}),
    ],
    ids=["found out", "gzip", "protobuf", "flat"],
)
def test_every_kind_of_file_is_stored(
    caller: Caller, project: Project, content: bytes, asked: dict[str, str]
) -> None:
    done = put(caller, content, **asked)
    assert done.status_code == 200, done.content
    said = done.json()
    assert (said["spans_accepted"], said["spans_rejected"], said["errors"]) == (2, 0, [])
    known = {trace.trace_id for trace in Trace.objects.of_project(project.pk)}
    assert known == {trace_id_of("one"), trace_id_of("two")}
    assert put(caller, content, **asked).json()["duplicates"] == 2


def test_a_bad_line_is_named_and_the_others_are_stored(caller: Caller) -> None:
    said = put(caller, otlp_line(span("one")) + b"nonsense\n" + otlp_line(span("two"))).json()
    assert (said["lines"], said["lines_refused"], said["spans_accepted"]) == (3, 1, 2)
    assert [each["line"] for each in said["errors"]] == [2]
    assert said["errors"][0]["message"].endswith(".")


def test_an_empty_file_is_no_error(caller: Caller) -> None:
    assert put(caller, b"").json()["lines"] == 0


def test_a_form_is_refused_with_the_way_to_do_it(caller: Caller) -> None:
    refused = put(caller, b"a=b", "application/x-www-form-urlencoded")
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_media_type")
    assert "--data-binary" in refused.json()["message"]


def test_a_format_that_does_not_exist_is_refused(caller: Caller) -> None:
    refused = put(caller, b"{}", format="csv")
    assert (refused.status_code, refused.json()["field"]) == (422, "format")


def test_a_reading_key_may_not_upload(project: Project) -> None:
    assert put(reading(project), otlp_line(span("one"))).status_code == 403
    assert not Trace.objects.of_project(project.pk).exists()


def test_more_uploads_than_there_are_places_wait_their_turn(caller: Caller) -> None:
    taken = [uploads._places.acquire(blocking=False) for _ in range(uploads.MOST_AT_ONCE)]
    try:
        refused = put(caller, otlp_line(span("one")))
    finally:
        for _ in taken:
            uploads._places.release()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert put(caller, otlp_line(span("one"))).status_code == 200


def test_a_body_that_is_too_large_is_refused(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_large(*_args: Any) -> bytes:
        raise RequestDataTooBig

    monkeypatch.setattr(uploads._Body, "read", too_large)
    refused = put(caller, b"{}")
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert json.loads(refused.content)["message"]
