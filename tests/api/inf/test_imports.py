"""`trace upload` of the vendor's command line: a file in parts, stored bite by bite."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from api.inf import importing
from api.models import TraceImport, TraceImportPart
from teams.models import Project
from tests.api.inf.calling import Caller, error_of, reading, writing
from tests.traces.arrivals import new_project
from traces.models import Span, Trace

pytestmark = pytest.mark.django_db

#: Where a test makes parts so small that a line lies in several.
SMALL = 100


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def flat_line(number: int, **changes: Any) -> str:
    start = datetime.now(UTC) - timedelta(days=2, seconds=number)
    line = {
        "trace_id": f"{number + 1:032x}",
        "span_id": f"{number + 1:016x}",
        "parent_span_id": "",
        "name": f"span {number}",
        "kind": "SPAN_KIND_INTERNAL",
        "start_time": f"{start:%Y-%m-%dT%H:%M:%S}.000000000Z",
        "end_time": f"{start:%Y-%m-%dT%H:%M:%S}.500000000Z",
        "status": {"code": "STATUS_CODE_OK", "message": ""},
        "resource": {"attributes": {"service.name": "old"}},
        "scope": {"name": "s", "version": "1"},
        "attributes": {"openinference.span.kind": "AGENT", "agent.name": "history"},
    }
    return json.dumps(line | changes)


def send_part(caller: Caller, begun: dict[str, Any], number: int, content: bytes) -> Any:
    headers = caller.headers | {
        "x-r2-upload-id": begun["r2UploadId"],
        "x-r2-key": begun["r2Key"],
        "x-part-number": str(number),
        "x-upload-id": begun["traceImportId"],
    }
    return caller.client.post(
        "/inf/upload/traces/part",
        content,
        content_type="application/octet-stream",
        headers=headers,
    )


def begun(caller: Caller, content: bytes) -> dict[str, Any]:
    size = len(content)
    made: dict[str, Any] = caller.tells(
        "traces.imports.initiateUpload", name="old.jsonl", fileSize=size, source="otlp"
    )
    return made


def sent(caller: Caller, text: str) -> dict[str, Any]:
    """Send a whole file, the last part first, and complete it."""
    content = text.encode()
    made = begun(caller, content)
    parts = []
    for number in range(made["totalParts"], 0, -1):
        start = (number - 1) * made["partSize"]
        answer = send_part(caller, made, number, content[start : start + made["partSize"]])
        assert answer.status_code == 200, answer.content
        parts.append(answer.json())
    one = {"traceImportId": made["traceImportId"]}
    assert caller.tells("traces.imports.completeUpload", **one, parts=parts)["status"] == (
        "processing"
    )
    return one


def status_of(caller: Caller, one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = caller.asks("traces.imports.getStatus", **one)
    return found


def test_a_file_is_stored_at_its_own_times(caller: Caller, project: Project) -> None:
    one = sent(caller, "\n".join(flat_line(n) for n in range(5)) + "\n")
    assert importing.go_on(timezone.now()) is True
    status = status_of(caller, one)
    assert (status["status"], status["totalLines"], status["failedLines"]) == ("processed", 5, 0)
    assert status["spanCount"] == 5
    assert Trace.objects.of_project(project.pk).count() == 5
    newest = Span.objects.filter(project_id=project.pk).order_by("-start_time")[0]
    assert newest.start_time < timezone.now() - timedelta(days=1)
    assert not TraceImportPart.objects.exists()


@pytest.mark.parametrize("work_s", [-1.0, 15.0])
def test_a_file_cut_into_many_parts_and_bites_is_stored_whole(
    caller: Caller, project: Project, monkeypatch: pytest.MonkeyPatch, work_s: float
) -> None:
    monkeypatch.setattr(importing, "PART_BYTES", SMALL)
    monkeypatch.setattr(importing, "PIECE_BYTES", 30)
    lines = [flat_line(n) for n in range(8)]
    lines[5] = "no span"
    one = sent(caller, "\n".join(lines))
    bites = 0
    while TraceImport.objects.filter(state="processing").exists():
        importing._take_bite(
            TraceImport.objects.get(),
            time.monotonic() + work_s,
            timezone.now(),
        )
        bites += 1
    status = status_of(caller, one)
    assert (status["status"], status["spanCount"], status["failedLines"]) == ("processed", 7, 1)
    assert [error["line"] for error in status["errors"]] == [6]
    assert Trace.objects.of_project(project.pk).count() == 7
    assert (bites > 1) == (work_s < 0)


def test_a_file_sent_twice_changes_nothing(caller: Caller, project: Project) -> None:
    for _ in range(2):
        one = sent(caller, flat_line(1))
        importing.go_on(timezone.now())
    assert Span.objects.filter(project_id=project.pk).count() == 1
    assert status_of(caller, one)["statusDetail"] == "1 spans stored, 1 of them once more."


@pytest.mark.parametrize("text", ["no span\n", "{\n", '{"resourceSpans": 7}\n', "[]\n\n\n"])
def test_a_file_without_a_span_has_failed_and_says_why(caller: Caller, text: str) -> None:
    one = sent(caller, text)
    importing.go_on(timezone.now())
    status = status_of(caller, one)
    assert (status["status"], status["spanCount"]) == ("failed", 0)
    assert status["errors"][0]["error"].endswith(".")


def test_lines_of_otlp_are_read(caller: Caller, project: Project) -> None:
    now = timezone.now().timestamp()
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "otlp"}
    span |= {"startTimeUnixNano": str(int(now * 1e9)), "endTimeUnixNano": str(int(now * 1e9))}
    line = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    sent(caller, f"\n{line}\n")
    importing.go_on(timezone.now())
    assert Span.objects.get(project_id=project.pk).name == "otlp"


def test_a_file_is_completed_only_when_all_parts_are_there(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PART_BYTES", SMALL)
    content = flat_line(1).encode()
    made = begun(caller, content)
    one = {"traceImportId": made["traceImportId"]}
    assert send_part(caller, made, 1, content[:SMALL]).json()["partNumber"] == 1
    code, message = caller.is_refused("traces.imports.completeUpload", **one, parts=[])
    assert (code, message.startswith("Only 100 of")) == ("CONFLICT", True)


@pytest.mark.parametrize(("number", "size"), [(0, 5), (2, 5), (1, 4), (1, 6), ("x", 5), ("", 5)])
def test_a_part_that_is_none_of_the_file_is_refused(caller: Caller, number: Any, size: int) -> None:
    made = begun(caller, b"12345")
    response = send_part(caller, made, number, b"1" * size)
    assert error_of(response)[0] == "BAD_REQUEST"
    assert not TraceImportPart.objects.exists()


def test_parts_need_a_key_that_writes_and_the_projects_own_upload(
    caller: Caller, project: Project
) -> None:
    made = begun(caller, b"12345")
    assert error_of(send_part(reading(project), made, 1, b"12345"))[0] == "FORBIDDEN"
    stranger = writing(new_project("Theirs"))
    assert error_of(send_part(stranger, made, 1, b"12345"))[0] == "NOT_FOUND"
    assert error_of(send_part(Caller("no"), made, 1, b"12345"))[0] == "UNAUTHORIZED"
    one = {"traceImportId": made["traceImportId"]}
    for name in ("completeUpload", "abortUpload"):
        assert stranger.is_refused(f"traces.imports.{name}", **one)[0] == "NOT_FOUND"
    assert stranger.is_refused("traces.imports.getStatus", asks=True, **one)[0] == "NOT_FOUND"


def test_an_aborted_file_takes_no_more_parts(caller: Caller) -> None:
    made = begun(caller, b"12345")
    one = {"traceImportId": made["traceImportId"]}
    assert caller.tells("traces.imports.abortUpload", **one)["status"] == "canceled"
    assert error_of(send_part(caller, made, 1, b"12345"))[0] == "CONFLICT"
    assert caller.is_refused("traces.imports.completeUpload", **one)[0] == "CONFLICT"


def test_files_are_refused_that_cannot_be_taken(caller: Caller) -> None:
    asked = {"name": "x", "fileSize": 5, "source": "otlp"}
    start = "traces.imports.initiateUpload"
    code, message = caller.is_refused(start, **asked | {"source": "langfuse"})
    assert (code, "Langfuse" in message) == ("BAD_REQUEST", True)
    large = caller.is_refused(start, **asked | {"fileSize": 5 * 1024**3})
    assert large[0] == "PAYLOAD_TOO_LARGE"
    for _ in range(importing.MOST_OPEN):
        caller.tells(start, **asked)
    assert caller.is_refused(start, **asked)[0] == "CONFLICT"
    langfuse = caller.is_refused("traces.imports.startLangfuseApiImport")
    assert langfuse[0] == "METHOD_NOT_SUPPORTED"


def test_a_compressed_file_is_refused_when_it_is_whole(caller: Caller) -> None:
    content = b"\x1f\x8b123"
    made = begun(caller, content)
    send_part(caller, made, 1, content)
    code, message = caller.is_refused(
        "traces.imports.completeUpload", traceImportId=made["traceImportId"], parts=[]
    )
    assert (code, message) == ("BAD_REQUEST", importing.COMPRESSED)


def test_imports_are_listed_from_the_newest(caller: Caller) -> None:
    ids = [begun(caller, b"12345")["traceImportId"] for _ in range(3)]
    found = caller.asks("traces.imports.list", limit=2)
    assert [each["id"] for each in found["imports"]] == ids[:0:-1]
    assert found["total"] == 3


def test_a_fault_of_ours_ends_an_import_with_a_sentence(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = sent(caller, flat_line(1))
    monkeypatch.setattr(importing, "upload", lambda *_given, **_named: 1 / 0)
    importing.go_on(timezone.now())
    status = status_of(caller, one)
    assert (status["status"], status["statusDetail"]) == ("failed", importing.FAULT)


def test_what_stopped_coming_is_let_go_and_then_forgotten(caller: Caller) -> None:
    made = begun(caller, b"12345")
    send_part(caller, made, 1, b"12345")
    importing.prune(timezone.now() + importing.GIVEN_UP_AFTER + timedelta(hours=1))
    assert TraceImport.objects.get().state == "canceled"
    assert not TraceImportPart.objects.exists()
    importing.prune(timezone.now() + importing.KEPT_FOR + timedelta(hours=1))
    assert not TraceImport.objects.exists()
