"""Every command of `trace` and `span` but for uploads, run by the genuine client.

Each is run for people and with `--json`, and what it prints is compared with the database. A group
has one test, which fails when the client has a command that the test does not run.
"""

from __future__ import annotations

import gzip
import json

import pytest

from teams.models import Project
from tests.api.inf.genuine import Inf
from tests.traces.arrivals import arrive, span_id_of, trace_id_of, turn
from traces.models import Span, Trace

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

FROM, TO = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
IMPORTS = (
    *("initiate", "complete", "abort", "list", "status"),
    *("langfuse-discover", "langfuse-start"),
)


def test_traces_and_spans(inf: Inf, ours: Project) -> None:
    arrive(ours, *turn("late", agent="billing", said="Refund me", error="broken"))
    known = list(Trace.objects.of_project(ours.pk).newest_first())
    text, data = inf.both("trace", "list")
    assert [row["traceId"] for row in data["traces"]] == [row.hex_id for row in known]
    assert (data["totalCount"], all(row.hex_id in text for row in known)) == (6, True)
    first = inf.json("trace", "list", "--limit", "4")
    rest = inf.json("trace", "list", "--limit", "4", "--cursor", first["nextCursor"])
    assert len(rest["traces"]) == 2
    filters = {
        ("--status", "error"): 1,
        ("--agent", "billing"): 1,
        ("--model", "little-model"): 6,
        ("--session", "chat"): 5,
        ("--user", "ada"): 5,
        ("--kind", "TOOL"): 0,
        ("--filter", "duration_ms>500"): 6,
        ("--filter", "total_tokens<100"): 0,
    }
    for words, n in filters.items():
        assert len(inf.json("trace", "list", *words)["traces"]) == n, words
    assert "newest to the oldest" in inf.fails("trace", "list", "--sort", "total_cost")
    assert "does not filter" in inf.fails("trace", "list", "--filter", "span_name~x")
    details_of(inf, ours)
    lists_of(inf, ours)
    export_of(inf, ours)
    spans_of(inf, ours)
    uploads = {("trace", "upload"), *(("trace", f"imports-{verb}") for verb in IMPORTS)}
    assert inf.not_run("trace") == uploads
    assert inf.not_run("span") == set()


def details_of(inf: Inf, ours: Project) -> None:
    one = trace_id_of("late").hex
    by_flag = ("--trace-id", one)
    spans = {span.hex_id for span in Span.objects.filter(trace_id=trace_id_of("late"))}
    for view in ("summary", "tree", "timeline", "thread", "spans"):
        assert inf.human("trace", "get", one, "--view", view).strip()
    data = inf.json("trace", "get", one)
    assert {row["spanId"] for row in data["spans"]} == spans
    assert "Refund me" in inf.human("trace", "get", one, "--view", "thread")
    for verb in ("get-spans", "get-tree", "get-detail"):
        text, data = inf.both("trace", verb, *by_flag)
        assert {row["spanId"] for row in data["spans"]} == spans
    wanted = ("--span-ids", json.dumps(sorted(spans)))
    text, data = inf.both("trace", "get-bodies", *by_flag, *wanted)
    assert {row["spanId"] for row in data} == spans
    assert "Refund me" in text
    assert "no such trace" in inf.fails("trace", "get", "0" * 31 + "1")


def lists_of(inf: Inf, ours: Project) -> None:
    text, data = inf.both("trace", "facets")
    assert data["categorical"]["llm_model_name"] == [{"value": "little-model", "count": 6}]
    assert "little-model" in text
    text, data = inf.both("trace", "search", "--query", "refund")
    assert [row["traceId"] for row in data["traces"]] == [trace_id_of("late").hex]
    agent = ("--agent-identity", "support")
    text, data = inf.both("trace", "sessions", *agent)
    assert [(row["sessionId"], row["traceCount"]) for row in data["sessions"]] == [("chat", 5)]
    for verb in ("session-traces", "session-tree"):
        text, data = inf.both("trace", verb, *agent, "--session-id", "chat")
        assert len(data["traces"]) == 5


def export_of(inf: Inf, ours: Project) -> None:
    target = inf.folder / "errors.jsonl.gz"
    words = ("trace", "export", "create", "--range", "7d", "--status-code", "ERROR", "--download")
    inf.human(*words, "-o", str(target))
    lines = [json.loads(line) for line in gzip.decompress(target.read_bytes()).splitlines()]
    assert {line["trace_id"] for line in lines} == {trace_id_of("late").hex}
    made = inf.json("trace", "export", "create", "--range", "7d")
    job = made["jobId"]
    lists: list[tuple[str, ...]] = [("trace", "export", "list"), ("trace", "exports-list")]
    for listing in lists:
        text, data = inf.both(*listing)
        assert job in {row["id"] for row in data}
        assert job in text
    for status in (("export", "status", job), ("exports-status", "--job-id", job)):
        text, data = inf.both("trace", *status)
        assert (data["status"], data["traceCount"]) == ("ready", 6)
    whole = inf.folder / "all.jsonl.gz"
    inf.human("trace", "export", "download", job, "-o", str(whole))
    lines = gzip.decompress(whole.read_bytes()).splitlines()
    assert len(lines) == Span.objects.filter(project_id=ours.pk).count()
    text, data = inf.both("trace", "exports-download", "--job-id", job)
    assert data["presignedUrl"].partition(":1")[0] in text
    wanted = ("--filter", json.dumps({"from": FROM, "to": TO}))
    text, data = inf.both("trace", "exports-create", *wanted)
    assert data["jobId"]


def spans_of(inf: Inf, ours: Project) -> None:
    known = {span.hex_id for span in Span.objects.filter(project_id=ours.pk)}
    text, data = inf.both("span", "list", "--limit", "50")
    assert {row["spanId"] for row in data["spans"]} == known
    assert all(span_id in text for span_id in known)
    assert len(inf.json("span", "list", "--kind", "LLM")["spans"]) == 6
    assert len(inf.json("span", "list", "--trace-id", trace_id_of("late").hex)["spans"]) == 2
    text, data = inf.both("span", "facets")
    assert "little-model" in text
    one = span_id_of("late", "chat").hex()
    text, data = inf.both("span", "get", trace_id_of("late").hex, one)
    assert (data["spanId"], data["llmModelName"]) == (one, "little-model")
    assert data["spanAttributes"]["llm.model_name"] == "little-model"
    assert "little-model" in text
