"""Files to the server and from it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.fake_rest import CommandLine, FakeRest, query
from tests.fake_webhook import Answer

SPAN = json.dumps({"trace_id": "a" * 32, "span_id": "b" * 16}).encode()
OTLP = json.dumps({"resourceSpans": []}).encode()


def taken(**changed: Any) -> dict[str, Any]:
    return {"lines": 1, "spans_accepted": 1, "spans_rejected": 0, "errors": [], **changed}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (SPAN + b"\n", "flat"),
        (OTLP + b"\n", "otlp-json-lines"),
        (b"\n" + OTLP, "otlp-json-lines"),
        (b"\x0a\x03abc", "otlp-protobuf"),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True])
def test_what_a_file_holds_is_seen(
    rest: FakeRest,
    signals: CommandLine,
    tmp_path: Path,
    content: bytes,
    kind: str,
    is_packed: bool,
) -> None:
    rest.on("POST", "/uploads", taken())
    file = tmp_path / "traces"
    file.write_bytes(gzip.compress(content) if is_packed else content)
    assert signals("traces", "upload", str(file)).code == 0
    (request,) = rest.requests
    assert (query(request)["format"], request.body) == ([kind], content)


def test_a_large_file_arrives_whole(rest: FakeRest, signals: CommandLine) -> None:
    rest.on("POST", "/uploads", taken())
    content = (SPAN + b"\n") * 20_000
    signals("traces", "upload", "-", given=content)
    assert rest.requests[0].body == content


def test_what_was_refused_fails_the_command(rest: FakeRest, signals: CommandLine) -> None:
    errors = [{"line": 7, "message": "No \x1b[2Jspan."}]
    rest.on("POST", "/uploads", taken(spans_rejected=1, errors=errors))
    answered = signals("traces", "upload", "-", "--json", given=SPAN)
    assert (answered.code, answered.json["errors"]) == (1, errors)
    assert "line 7: No" in signals("traces", "upload", "-", given=SPAN).err


@pytest.mark.parametrize("content", [b"", b'{"name": "x"}\n'])
def test_what_is_no_trace_is_not_sent(rest: FakeRest, signals: CommandLine, content: bytes) -> None:
    assert signals("traces", "upload", "-", given=content).code == 2
    assert rest.requests == []


def test_a_file_that_is_not_there_is_named(rest: FakeRest, signals: CommandLine) -> None:
    answered = signals("traces", "upload", "/nonexistent/traces.jsonl")
    assert answered.code == 2
    assert "/nonexistent/traces.jsonl" in answered.err


def export(rest: FakeRest, **changed: Any) -> None:
    head = {"Content-Type": "application/jsonl"}
    rest.on("GET", "/export/traces", Answer(200, head, (SPAN + b"\n") * 3, **changed))


def test_an_export_goes_to_standard_output(rest: FakeRest, signals: CommandLine) -> None:
    export(rest)
    answered = signals("traces", "export", "--format", "flat", "--trace", "a", "--trace", "b")
    assert len(answered.lines) == 3
    assert query(rest.requests[0]) == {"format": ["flat"], "trace_id": ["a", "b"]}


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_an_export_goes_to_a_file(
    rest: FakeRest, signals: CommandLine, tmp_path: Path, name: str
) -> None:
    export(rest)
    file = tmp_path / name
    answered = signals("traces", "export", "-o", str(file))
    assert (answered.code, answered.out) == (0, "")
    content = file.read_bytes()
    assert (gzip.decompress(content) if name.endswith("gz") else content) == (SPAN + b"\n") * 3


def test_half_an_export_is_no_export(rest: FakeRest, signals: CommandLine, tmp_path: Path) -> None:
    export(rest, cut=True)
    file = tmp_path / "out.jsonl"
    assert signals("traces", "export", "-o", str(file)).code == 7
    assert list(tmp_path.glob("*out*")) == []
