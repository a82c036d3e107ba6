"""Spans by REST, whatever trace they stand in: found by what they are themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.ids import span_id_from_bytes
from teams.models import Project
from tests.api.rest.calling import Caller, reading
from tests.traces.arrivals import arrive, new_project, span, span_id_of, trace_id_of, turn
from traces.search import spans as span_search
from traces.search.statement_timeout import TookTooLong

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(project: Project) -> Caller:
    """Somebody who may read two traces of two spans, one of them failed, and a slow span."""
    at = timezone.now() - timedelta(hours=2)
    arrive(project, *turn("one", at=at, session__id="chat", user__id="ada"))
    arrive(project, *turn("two", "sales", at=at + timedelta(minutes=1), error="It broke."))
    slow: Any = {"resource": {"service.name": "shop"}, "took_ms": 90_000}
    arrive(project, span("three", "Slow step", at=at + timedelta(minutes=2), **slow))
    return reading(project)


def found(response: Any) -> list[tuple[str, str]]:
    """Return trace and name of each span."""
    assert response.status_code == 200, response.content
    named = {trace_id_of(name).hex: name for name in ("one", "two", "three")}
    return [(named[each["trace_id"]], each["name"]) for each in response.json()["items"]]


@pytest.mark.parametrize(
    ("asked", "spans"),
    [
        ({"status": "error"}, [("two", "root")]),
        ({"kind": "llm"}, [("two", "chat"), ("one", "chat")]),
        ({"text": "slow"}, [("three", "Slow step")]),
        ({"service": "shop"}, [("three", "Slow step")]),
        ({"min_s": "60"}, [("three", "Slow step")]),
        ({"min_tokens": "120", "user_id": "ada"}, [("one", "chat")]),
        ({"agent": "sales", "kind": "agent"}, [("two", "root")]),
        ({"model": "little-model", "session_id": "chat"}, [("one", "chat")]),
        ({"trace_id": trace_id_of("one").hex, "kind": "llm"}, [("one", "chat")]),
    ],
    ids=str,
)
def test_each_filter_finds_its_spans(
    caller: Caller, asked: dict[str, str], spans: list[tuple[str, str]]
) -> None:
    response = caller.get("/spans", **asked)
    assert found(response) == spans
    assert (response.json()["count"], response.json()["is_counted"]) == (len(spans), True)


def test_a_span_leads_to_its_page_and_to_all_of_itself(caller: Caller) -> None:
    (row,) = caller.get("/spans", kind="llm", user_id="ada").json()["items"]
    assert row["span_id"] == span_id_of("one", "chat").hex()
    assert (row["agent"]["name"], row["status"], row["duration_s"]) == ("support", "ok", 1.0)
    assert row["url"].endswith(f"/traces/{trace_id_of('one').hex}/?span={row['span_id']}")
    whole = caller.get(f"/traces/{row['trace_id']}/spans/{row['span_id']}").json()
    assert whole["name"] == "chat"


def test_pages_follow_each_other_whatever_the_sign_of_an_id(
    caller: Caller, project: Project
) -> None:
    at = timezone.now() - timedelta(hours=1)
    several = [span("many", f"step {n}", at=at) for n in range(12)]
    assert len({span_id_from_bytes(each.span_id) > 0 for each in several}) == 2
    arrive(project, *several)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        beside = {"cursor": cursor} if cursor else {}
        page = caller.get("/spans", text="step ", limit=5, **beside).json()
        seen += [row["name"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted(each.name for each in several)


def test_a_list_costs_as_many_queries_for_many_spans_as_for_few(caller: Caller) -> None:
    caller.get("/spans")  # notes that the key was used
    with CaptureQueriesContext(connection) as one:
        assert len(found(caller.get("/spans", text="slow"))) == 1
    with CaptureQueriesContext(connection) as several:
        assert len(found(caller.get("/spans"))) == 5
    assert len(several) <= len(one) + 1  # the agents of those that have one


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"status": "open"}, "status"),
        ({"trace_id": "x"}, "trace_id"),
        ({"text": "x" * 201}, "text"),
        ({"min_usd": "2", "max_usd": "1"}, "max_usd"),
        ({"agent": "nobody"}, "agent"),
        ({"label": "x"}, "label"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_for_is_refused_by_field(
    caller: Caller, asked: dict[str, str], field: str
) -> None:
    refused = caller.get("/spans", **asked)
    assert (refused.status_code, refused.json()["field"]) == (422, field)


def test_a_search_that_takes_too_long_is_unavailable(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(*_args: Any) -> None:
        raise TookTooLong

    monkeypatch.setattr(span_search, "matching", too_long)
    refused = caller.get("/spans")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")


def test_spans_of_another_project_are_not_there(caller: Caller) -> None:
    arrive(new_project("Theirs"), *turn("theirs"))
    trace = trace_id_of("theirs").hex
    assert found(caller.get("/spans", trace_id=trace)) == []
    assert trace not in caller.get("/spans").content.decode()
