"""`span list` of the vendor's command line."""

from __future__ import annotations

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
        arrive(project, *turn(f"t{number}", at=at, session__id="chat"))
    failed = turn("failed", agent="billing")
    failed.append(span("failed", "lookup", "root", error="no such row", took_ms=3000))
    arrive(project, *failed)
    return writing(project)


def spans_of(found: dict[str, Any]) -> list[str]:
    return [row["spanId"] for row in found["spans"]]


def ids(*names: tuple[str, str]) -> set[str]:
    return {span_id_of(trace, name).hex() for trace, name in names}


def test_spans_are_listed_from_the_newest_with_what_they_say(caller: Caller) -> None:
    found = caller.asks("spans.list")
    assert (len(found["spans"]), found["totalCount"], found["nextCursor"]) == (9, 9, None)
    times = [row["startTime"] for row in found["spans"]]
    assert times == sorted(times, reverse=True)
    assert {row["traceId"] for row in found["spans"][:3]} == {trace_id_of("failed").hex}
    (call,) = [row for row in found["spans"][:3] if row["spanName"] == "chat"]
    assert call["output"] == "On its way."


def test_pages_of_spans_follow_each_other(caller: Caller, project: Project) -> None:
    whole, seen, cursor = spans_of(caller.asks("spans.list")), [], None
    for _ in range(20):
        page = caller.asks("spans.list", limit=2, cursor=cursor)
        seen += spans_of(page)
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == whole
    first = caller.asks("spans.list", limit=2)
    arrive(project, *turn("late", at=timezone.now()))
    second = caller.asks("spans.list", limit=2, cursor=first["nextCursor"])
    assert spans_of(second) == whole[2:4]


@pytest.mark.parametrize("cursor", ["no", "~x", "1-2~0", "9" * 20])
def test_a_cursor_of_another_list_is_refused(caller: Caller, cursor: str) -> None:
    assert caller.is_refused("spans.list", asks=True, cursor=cursor)[0] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"status": "error"}, [("failed", "lookup")]),
        ({"observationKinds": ["LLM"], "agents": ["billing"]}, [("failed", "chat")]),
        ({"freeText": "LOOK"}, [("failed", "lookup")]),
        (
            {"llmModelNames": ["little-model"], "sessionIds": ["chat"]},
            [("t0", "chat"), ("t1", "chat"), ("t2", "chat")],
        ),
        (
            {"numericFilters": [{"field": "duration_ns", "op": "gt", "value": 2e9}]},
            [("failed", "lookup")],
        ),
        ({"numericFilters": [{"field": "total_tokens", "op": "gt", "value": 500}]}, []),
        ({"traceId": trace_id_of("t1").hex}, [("t1", "root"), ("t1", "chat")]),
    ],
)
def test_filters_look_at_the_spans_themselves(
    caller: Caller, filters: dict[str, Any], names: list[tuple[str, str]]
) -> None:
    assert set(spans_of(caller.asks("spans.list", filters=filters))) == ids(*names)


def test_the_spans_of_one_trace_are_paged(caller: Caller) -> None:
    one = {"filters": {"traceId": trace_id_of("failed").hex}, "limit": 2}
    first = caller.asks("spans.list", **one)
    second = caller.asks("spans.list", **one, cursor=first["nextCursor"])
    assert (len(first["spans"]), len(second["spans"]), second["nextCursor"]) == (2, 1, None)


def test_spans_of_another_project_are_not_found(caller: Caller) -> None:
    arrive(new_project("Theirs"), *turn("theirs"))
    filters = {"traceId": trace_id_of("theirs").hex}
    assert caller.is_refused("spans.list", asks=True, filters=filters)[0] == "NOT_FOUND"
    assert not set(spans_of(caller.asks("spans.list"))) & ids(("theirs", "root"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sortBy": "duration_ns"}, "sortBy: "),
        ({"sortOrder": "asc"}, "sortBy: "),
        ({"filters": {"scope": "root"}}, "filters.scope: "),
        ({"filters": {"metadataFilters": [{"key": "a", "value": "b"}]}}, "metadataFilters: "),
        ({"limit": 0}, "limit: "),
    ],
)
def test_what_is_not_known_is_refused(caller: Caller, changes: dict[str, Any], said: str) -> None:
    assert caller.is_refused("spans.list", asks=True, **changes)[1].startswith(said)
