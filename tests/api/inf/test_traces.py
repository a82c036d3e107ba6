"""`trace` and `span` of the vendor's command line: lists, filters, and one of them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from teams.models import Project
from tests.api.inf.calling import Caller, writing
from tests.traces.arrivals import arrive, new_project, span, span_id_of, trace_id_of, turn

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def caller(project: Project) -> Caller:
    for number in range(3):
        at = NOW - timedelta(hours=2, minutes=number)
        arrive(project, *turn(f"t{number}", at=at, session__id="chat", user__id="ada"))
    failed = turn("failed", agent="billing", said="Refund me", answer="No", took_ms=5000)
    failed[0].status_code = 2
    arrive(project, *failed)
    return writing(project)


def hex_of(name: str) -> str:
    return trace_id_of(name).hex


def ids(found: dict[str, Any]) -> list[str]:
    return [row["traceId"] for row in found["traces"]]


def test_traces_are_listed_from_the_newest_with_their_total(caller: Caller) -> None:
    found = caller.asks("traces.list")
    assert ids(found) == [hex_of(name) for name in ("failed", "t0", "t1", "t2")]
    assert (found["totalCount"], found["nextCursor"]) == (4, None)
    first = found["traces"][0]
    assert (first["hasError"], first["agentName"]) == (True, "billing")
    assert (first["rootSpanName"], first["rootObservationKind"]) == ("root", "AGENT")
    assert (first["totalTokens"], first["durationNs"], first["spanCount"]) == (
        120,
        5_000_000_000,
        2,
    )


def test_pages_follow_each_other_by_their_cursor(caller: Caller) -> None:
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        found = caller.asks("traces.list", limit=2, cursor=cursor)
        seen += ids(found)
        cursor = found["nextCursor"]
        if cursor is None:
            break
    assert seen == [hex_of(name) for name in ("failed", "t0", "t1", "t2")]
    assert caller.is_refused("traces.list", asks=True, cursor="no")[0] == "BAD_REQUEST"


def test_a_page_may_be_longer_than_those_of_the_explorer(project: Project) -> None:
    for number in range(60):
        arrive(project, *turn(f"n{number}"), settled=False)
    found = writing(project).asks("traces.list", limit=60)
    assert len(set(ids(found))) == 60
    assert found["nextCursor"] is None


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"status": "error"}, {"failed"}),
        ({"status": "ok"}, {"t0", "t1", "t2"}),
        ({"agents": ["billing"]}, {"failed"}),
        ({"sessionIds": ["chat"]}, {"t0", "t1", "t2"}),
        ({"userIds": ["nobody"]}, set()),
        ({"llmModelNames": ["little-model"], "status": "error"}, {"failed"}),
        ({"observationKinds": ["TOOL"]}, set()),
        ({"observationKinds": ["LLM"], "status": "error"}, {"failed"}),
        ({"numericFilters": [{"field": "duration_ns", "op": "gt", "value": 2e9}]}, {"failed"}),
        ({"numericFilters": [{"field": "duration_ns", "op": "gt", "value": 5e9}]}, set()),
        ({"numericFilters": [{"field": "duration_ns", "op": "gte", "value": 5e9}]}, {"failed"}),
        ({"numericFilters": [{"field": "total_tokens", "op": "lt", "value": 120}]}, set()),
        (
            {
                "numericFilters": [
                    {"field": "duration_ns", "op": "between", "value": 2e9, "secondValue": 6e9}
                ]
            },
            {"failed"},
        ),
        ({"stringFilters": [{"field": "agent_name", "op": "eq", "value": "billing"}]}, {"failed"}),
        ({"endDate": (NOW - timedelta(hours=2, seconds=30)).isoformat()}, {"t1", "t2"}),
    ],
)
def test_filters_find_what_the_explorer_finds(
    caller: Caller, filters: dict[str, Any], names: set[str]
) -> None:
    found = caller.asks("traces.list", filters=filters)
    assert set(ids(found)) == {hex_of(name) for name in names}


@pytest.mark.parametrize(
    "filters",
    [
        {"llmModelNames": ["a", "b"]},
        {"observationKinds": ["LLM", "TOOL"]},
        {"observationKinds": ["THING"]},
        {"agents": ["nobody"]},
        {"status": "fine"},
        {"numericFilters": [{"field": "span_count", "op": "gt", "value": 1}]},
        {"numericFilters": [{"field": "duration_ns", "op": "neq", "value": 1}]},
        {"stringFilters": [{"field": "span_name", "op": "eq", "value": "x"}]},
        {"stringFilters": [{"field": "user_id", "op": "contains", "value": "x"}]},
        {"metadataFilters": [{"key": "a", "op": "contains", "value": "x"}]},
        {"metadataFilters": [{"key": "a", "op": "eq", "value": "x", "scope": "resource"}]},
    ],
)
def test_a_filter_that_is_not_known_is_refused_and_not_left_out(
    caller: Caller, filters: dict[str, Any]
) -> None:
    code, _ = caller.is_refused("traces.list", asks=True, filters=filters)
    assert code in ("BAD_REQUEST", "NOT_FOUND", "UNPROCESSABLE_CONTENT")


def test_metadata_is_found_by_equal_values(project: Project, caller: Caller) -> None:
    arrive(project, *turn("pro", metadata='{"plan": "pro"}'))
    filters = {"metadataFilters": [{"key": "plan", "op": "eq", "value": "pro", "scope": "span"}]}
    assert ids(caller.asks("traces.list", filters=filters)) == [hex_of("pro")]


def test_another_order_is_refused(caller: Caller) -> None:
    assert "newest" in caller.is_refused("traces.list", asks=True, sortBy="total_cost")[1]
    assert "newest" in caller.is_refused("traces.list", asks=True, sortOrder="asc")[1]


def test_text_is_searched(caller: Caller) -> None:
    assert ids(caller.asks("traces.search", query="refund")) == [hex_of("failed")]


def test_facets_count_what_traces_bear(caller: Caller) -> None:
    found = caller.asks("traces.facets", facetIds=["llm_model_name", "user_id"])
    assert found["categorical"] == {"llm_model_name": [{"value": "little-model", "count": 4}]}
    assert (found["numeric"], found["attributeValues"]) == ({}, {})
    assert set(found["attributeKeys"]) == {"span", "resource"}


def test_a_trace_comes_with_its_spans_and_what_they_say(caller: Caller) -> None:
    one = {"traceId": hex_of("failed")}
    assert caller.asks("traces.get", **one)["hasError"] is True
    page = caller.asks("traces.getSpans", **one, limit=1)
    (root,) = page["spans"]
    assert (root["parentSpanId"], root["statusCode"]) == ("", "STATUS_CODE_ERROR")
    assert (root["input"], root["observationKind"]) == ("Refund me", "AGENT")
    rest = caller.asks("traces.getSpans", **one, limit=1, cursor=page["nextCursor"])
    (call,) = rest["spans"]
    assert rest["nextCursor"] is None
    assert call["parentSpanId"] == root["spanId"]
    assert json.loads(call["outputMessages"]) == [{"role": "assistant", "content": "No"}]
    assert (call["llmModelName"], call["totalTokens"]) == ("little-model", 120)


def test_details_of_a_trace_agree_with_its_spans(caller: Caller) -> None:
    one = {"traceId": hex_of("t0")}
    spans = caller.asks("traces.getSpans", **one)["spans"]
    detail = caller.asks("traces.getDetail", **one)
    assert (detail["spans"], detail["isCut"]) == (spans, False)
    tree = caller.asks("traces.getTree", **one)
    assert [each["spanId"] for each in tree["spans"]] == [each["spanId"] for each in spans]
    bodies = caller.asks("traces.getBodies", **one, spanIds=[spans[1]["spanId"]])
    assert [(each["spanId"], each["output"]) for each in bodies] == [
        (spans[1]["spanId"], "On its way.")
    ]


def test_a_span_comes_with_its_attributes_by_type(project: Project, caller: Caller) -> None:
    attributes: dict[str, Any] = {"n": 7, "x": 0.5, "flag": True, "list": ["a"], "text": "words"}
    arrive(project, span("typed", resource={"host.name": "h"}, **attributes))
    found = caller.asks(
        "spans.get", traceId=hex_of("typed"), spanId=span_id_of("typed", "root").hex()
    )
    assert found["spanAttributesInt"] == {"n": 7}
    assert found["spanAttributesDouble"] == {"x": 0.5}
    assert found["spanAttributes"] == {"flag": "true", "list": '["a"]', "text": "words"}
    assert found["resourceAttributes"] == {"host.name": "h"}
    assert found["scopeName"] == "tests"


def test_sessions_are_listed_with_their_turns(caller: Caller) -> None:
    asked = {"agentIdentity": "support"}
    (session,) = caller.asks("traces.listSessions", **asked)["sessions"]
    assert (session["sessionId"], session["traceCount"]) == ("chat", 3)
    assert (session["userId"], session["preview"]) == ("ada", "Where is my order?")
    one = asked | {"sessionId": "chat"}
    assert ids(caller.asks("traces.listSessionTraces", **one)) == [
        hex_of(name) for name in ("t0", "t1", "t2")
    ]
    tree = caller.asks("traces.getSessionTree", **one)
    assert sorted(len(each["spans"]) for each in tree["trees"]) == [2, 2, 2]
    gone = asked | {"sessionId": "gone"}
    assert caller.is_refused("traces.listSessionTraces", asks=True, **gone)[0] == "NOT_FOUND"


@pytest.mark.parametrize(
    "name",
    [
        *(f"traces.{verb}" for verb in ("get", "getSpans", "getTree", "getDetail", "getBodies")),
        "spans.get",
    ],
)
def test_a_trace_of_another_project_is_not_found(caller: Caller, name: str) -> None:
    arrive(new_project("Theirs"), *turn("theirs"))
    for trace in (hex_of("theirs"), "no trace", hex_of("gone")):
        fields = {"traceId": trace, "spanId": span_id_of("theirs", "root").hex()}
        code, message = caller.is_refused(name, asks=True, **fields)
        assert (code, message.startswith("There is no such trace")) == ("NOT_FOUND", True)


def test_a_span_that_is_not_there_is_not_found(caller: Caller) -> None:
    for span_id in ("0" * 16, "no", "f" * 17):
        fields = {"traceId": hex_of("t0"), "spanId": span_id}
        assert caller.is_refused("spans.get", asks=True, **fields)[0] == "NOT_FOUND"
