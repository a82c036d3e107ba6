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


def taken(**changed: Any) -> dict[str, Any]:
    counts = {"lines": 1, "lines_refused": 0, "spans_accepted": 1, "spans_rejected": 0}
    return {**counts, "duplicates": 0, "error_count": 0, "errors": [], **changed}


@pytest.mark.parametrize("content", [SPAN + b"\n", gzip.compress(SPAN, mtime=0), b"\x0a\x03abc"])
def test_a_file_arrives_as_it_is(
    rest: FakeRest, signals: CommandLine, tmp_path: Path, content: bytes
) -> None:
    rest.on("POST", "/uploads", taken())
    file = tmp_path / "traces"
    file.write_bytes(content)
    assert signals("traces", "upload", str(file)).code == 0
    (request,) = rest.requests
    assert (query(request), request.body) == ({}, content)


def test_several_files_are_one_answer(rest: FakeRest, signals: CommandLine, tmp_path: Path) -> None:
    rest.on("POST", "/uploads", taken())
    file = tmp_path / "traces"
    file.write_bytes(SPAN)
    answered = signals("traces", "upload", str(file), str(file), "--format", "flat", "--json")
    assert answered.json["spans_accepted"] == 2
    assert [query(each) for each in rest.requests] == [{"format": ["flat"]}] * 2


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


def test_how_much_was_written_may_be_json(
    rest: FakeRest, signals: CommandLine, tmp_path: Path
) -> None:
    export(rest)
    file = str(tmp_path / "out.jsonl")
    said = signals("traces", "export", "-o", file, "--json").json
    assert said == {"file": file, "lines": 3, "bytes": 3 * len(SPAN) + 3}
    assert signals("traces", "export", "--json").code == 2
