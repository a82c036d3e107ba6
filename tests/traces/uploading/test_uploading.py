"""A file of traffic becomes traces at their own times; what is wrong is refused alone."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from teams.models import Project
from tests.traces.arrivals import arrive, new_project, span, trace_called, turn
from tests.traces.uploading.files import flat, flat_line, message, otlp_line
from traces.models import Span, Trace
from traces.records import SpanRecord
from traces.uploading.outcome import Uploaded
from traces.uploading.uploading import upload

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now().replace(microsecond=0) - timedelta(days=100)


@pytest.fixture
def project() -> Project:
    return new_project()


def put(project: Project, content: bytes, format: str = "") -> Uploaded:
    return upload(project, io.BytesIO(content), format, now=timezone.now())


def four_bytes(*messages: bytes) -> bytes:
    return b"".join(len(each).to_bytes(4, "big") + each for each in messages)


def varints(*messages: bytes) -> bytes:
    assert all(128 <= len(each) < 1 << 14 for each in messages)
    return b"".join(bytes((len(m) & 127 | 128, len(m) >> 7)) + m for m in messages)


ONE, TWO = turn("one", at=LONG_AGO), turn("two", at=LONG_AGO + timedelta(minutes=1))
FILES = {
    "otlp lines": (otlp_line(*ONE) + otlp_line(*TWO), "otlp-json-lines"),
    "one message": (message(*ONE) + message(*TWO), "otlp-protobuf"),
    "messages of the collector": (four_bytes(message(*ONE), message(*TWO)), "otlp-protobuf"),
    "messages after varints": (varints(message(*ONE), message(*TWO)), "otlp-protobuf"),
    "flat lines": (b"".join(flat_line(each) for each in ONE + TWO), "flat"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("is_named", [True, False])
def test_every_kind_of_file_lands_at_its_own_times(
    project: Project, name: str, is_named: bool
) -> None:
    content, format = FILES[name]
    done = put(project, content, format if is_named else "")
    assert (done.spans_accepted, done.spans_rejected, done.errors) == (4, 0, [])
    assert (done.earliest, done.latest) == (LONG_AGO, LONG_AGO + timedelta(minutes=1))
    trace = trace_called(project, "one")
    assert trace.start_time == LONG_AGO
    assert (trace.span_count, trace.input_tokens, trace.output_tokens) == (2, 100, 20)
    assert trace.input_preview == "Where is my order?"


@pytest.mark.parametrize("name", FILES)
def test_gzip_in_several_members_and_pieces_of_any_size_read_the_same(
    project: Project, name: str
) -> None:
    content = FILES[name][0]
    packed = gzip.compress(content[:100]) + gzip.compress(content[100:])
    for file in (content, packed):
        pieces: Iterator[bytes] = (file[n : n + 7] for n in range(0, len(file), 7))
        assert upload(project, pieces, now=timezone.now()).spans_accepted == 4
    assert Trace.objects.of_project(project.pk).count() == 2


def test_uploading_twice_changes_nothing(project: Project) -> None:
    content = otlp_line(*ONE, *TWO)
    put(project, content)
    before = list(Trace.objects.of_project(project.pk).order_by("pk").values())
    again = put(project, content)
    assert (again.spans_accepted, again.duplicates) == (4, 4)
    assert list(Trace.objects.of_project(project.pk).order_by("pk").values()) == before


def test_a_bad_line_is_refused_alone_with_its_number_and_a_sentence(project: Project) -> None:
    wrong = [
        b"{not json\n",
        b"\n",
        b'{"hello": "you"}\n',
        b"[1, 2]\n",
        flat_line(ONE[0], trace_id="00"),
        flat_line(ONE[0], start_time="yesterday"),
        flat_line(ONE[0], end_time="2026-13-01T00:00:00Z"),
        flat_line(ONE[0], status=7),
        b'{"resourceSpans": 7}\n',
    ]
    done = put(project, b"".join(wrong) + otlp_line(*TWO))
    assert [error.line for error in done.errors] == [1, 3, 4, 5, 6, 7, 8, 9]
    assert all(error.sentence[0].isupper() for error in done.errors)
    assert all(error.sentence[-1] in ".)" for error in done.errors)
    assert (done.lines, done.lines_refused, done.spans_rejected) == (9, 4, 4)
    assert done.spans_accepted == 2
    assert trace_called(project, "two").span_count == 2


def test_a_line_of_another_kind_is_refused_where_the_kind_is_named(project: Project) -> None:
    done = put(project, flat_line(ONE[0]) + otlp_line(*TWO), "otlp-json-lines")
    assert [error.line for error in done.errors] == [1]
    done = put(project, flat_line(ONE[0]) + otlp_line(*TWO), "flat")
    assert [error.line for error in done.errors] == [2]
    with pytest.raises(ValueError, match="langfuse"):
        put(project, b"{}", "langfuse")


def test_what_cannot_keep_its_time_is_refused_and_says_why(
    project: Project, settings: Settings
) -> None:
    now = timezone.now()
    spans = [
        span("old", at=now - timedelta(days=401)),
        span("soon", at=now + timedelta(days=2)),
        span("long", took_ms=3 * 86_400_000, at=now - timedelta(minutes=1)),
        span("timeless"),
        span("sound", at=now - timedelta(days=399)),
    ]
    spans[3].start_ns = 0
    done = put(project, otlp_line(*spans))
    assert (done.spans_accepted, done.spans_rejected) == (1, 4)
    why = [error.sentence for error in done.errors]
    assert "and traffic is kept for 400 days." in why[0]
    assert "it begins on" in why[1]
    assert "in the future." in why[1]
    assert "it ends on" in why[2]
    assert "it has no start time." in why[3]
    settings.RETENTION_DAYS = 30
    assert "kept for 30 days" in put(project, otlp_line(spans[4])).errors[0].sentence


def test_a_line_that_is_too_long_costs_no_memory_and_no_other_line(
    project: Project, settings: Settings
) -> None:
    settings.INGEST_MAX_BYTES = 4_000
    long = b'{"resourceSpans": [' + b" " * 10_000 + b"]}\n"
    done = put(project, long + otlp_line(*TWO))
    assert [(e.line, "4,000 bytes" in e.sentence) for e in done.errors] == [(1, True)]
    assert done.spans_accepted == 2
    big = message(span("big", at=LONG_AGO, input__value="x" * 5_000))
    for file in (big + message(*ONE), four_bytes(big, message(*ONE)), varints(big, message(*ONE))):
        done = put(project, file)
        assert [(e.line, "4,000 bytes" in e.sentence) for e in done.errors] == [(1, True)]
        assert done.spans_accepted == 2


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        pytest.param(b"", 0, "", id="nothing"),
        pytest.param(b" \n\n", 0, "", id="blank lines"),
        pytest.param(b"\x89PNG\r\n\x1a\n", 1, "none of those", id="a picture"),
        pytest.param(gzip.compress(otlp_line(*ONE))[:-20], 1, "ends too early", id="cut gzip"),
        pytest.param(b"\x1f\x8bxxxxxxxx", 1, "broken gzip", id="no gzip"),
        pytest.param(four_bytes(message(*ONE))[:-5], 1, "middle", id="a cut message"),
        pytest.param(message(*ONE) + b"\xff\xff", 2, "no OTLP", id="broken framing"),
        pytest.param(
            json.dumps(flat(ONE[0]), indent=1).encode(), 1, "several lines", id="indented"
        ),
        pytest.param(b"\0" * 5, 1, "", id="zeros"),
    ],
)
def test_what_cannot_be_read_further_ends_with_a_sentence(
    project: Project, content: bytes, line: int, says: str
) -> None:
    done = put(project, content)
    assert [error.line for error in done.errors][:1] == ([line] if line else [])
    assert says in "".join(error.sentence for error in done.errors)


def test_only_the_first_errors_are_kept_and_all_are_counted(project: Project) -> None:
    done = put(project, b"nonsense\n" * 250, "flat")
    assert (len(done.errors), done.error_count, done.lines_refused) == (100, 250, 250)


def test_hostile_text_is_mended_as_in_ingest(project: Project) -> None:
    record = span("one", at=LONG_AGO)
    attributes = {"input.value": "a\0b", "n": 10**30, "deep": [[[1]]], "half": "\ud800"}
    done = put(project, flat_line(record, name="x\0y", attributes=attributes))
    assert done.spans_accepted == 1
    assert Span.objects.get(project_id=project.pk).name == "x\ufffdy"


def test_spans_go_to_the_trace_that_is_there(project: Project) -> None:
    arrive(project, *turn("one", at=LONG_AGO))
    more: SpanRecord = span("one", "late", "root", at=LONG_AGO)
    assert put(project, otlp_line(*ONE, more)).duplicates == 2
    assert trace_called(project, "one").span_count == 3


def test_progress_is_told_after_each_batch(project: Project) -> None:
    spans = [span("many", str(n), at=LONG_AGO) for n in range(4_500)]
    told: list[int] = []
    upload(
        project,
        (otlp_line(*spans[n : n + 500]) for n in range(0, 4_500, 500)),
        now=timezone.now(),
        on_progress=lambda done: told.append(done.spans_accepted),
    )
    assert told == [1_000, 2_000, 3_000, 4_000, 4_500]
