"""Traces by REST: found by the filters of the page, and read with their spans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from signals_app.models import Signal
from teams.models import Project
from tests.api.rest.calling import Caller, writing
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, new_project, span, span_id_of, trace_id_of, turn
from traces.models import Agent
from traces.search import traces as trace_search

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


@pytest.fixture
def traffic(project: Project) -> Signal:
    """Four traces of two agents, and a signal that has labelled two of them."""
    at = timezone.now() - timedelta(hours=2)
    more = timedelta(minutes=1)
    arrive(project, *turn("plain", at=at, said="Where is my parcel?", session__id="chat"))
    arrive(project, *turn("failed", at=at + more, error="It broke.", user__id="ada"))
    arrive(project, *turn("long", at=at + 2 * more, took_ms=90_000, metadata='{"plan": "pro"}'))
    named = {"resource": {"service.name": "shop"}}
    arrive(project, *turn("sales", "sales", at=at + 3 * more, **named))
    arrive(project, *turn("waiting", at=at + 4 * more), settled=False)
    signal = new_signal(Agent.objects.get(project=project, name="support"))
    label(signal, "true", target=trace_id_of("plain"))
    label(signal, "false", target=trace_id_of("failed"))
    return signal


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [each["trace_id"] for each in response.json()["items"]]


def called(*names: str) -> list[str]:
    return [trace_id_of(name).hex for name in names]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ("waiting", "sales", "long", "failed", "plain")),
        ({"status": "error"}, ("failed",)),
        ({"status": "open"}, ("waiting",)),
        ({"text": "parcel"}, ("plain",)),
        ({"session_id": "chat"}, ("plain",)),
        ({"user_id": "ada"}, ("failed",)),
        ({"service": "shop"}, ("sales",)),
        ({"kind": "tool"}, ()),
        ({"min_s": "60"}, ("long",)),
        ({"max_tokens": "0"}, ()),
        ({"metadata": ["plan=pro"]}, ("long",)),
        ({"label": "true"}, ("plain",)),
        ({"label": ""}, ("waiting", "long")),
        ({"agent": "sales"}, ("sales",)),
    ],
    ids=str,
)
def test_a_filter_finds_what_the_page_finds(
    caller: Caller,
    reader: Client,
    project: Project,
    traffic: Signal,
    asked: dict[str, Any],
    names: tuple[str, ...],
) -> None:
    if "label" in asked:
        asked = {"label": f"{traffic.uuid}:{asked['label']}"}
    if "agent" in asked:
        asked = {"agent": str(Agent.objects.get(project=project, name=asked["agent"]).uuid)}
    spelt = {"text": "q", "session_id": "session", "user_id": "user", "metadata": "meta"}
    typed = {spelt.get(name, name): value for name, value in asked.items()}
    page = reader.get(f"/p/{project.slug}/traces/", typed)
    by_rest = caller.get("/traces", **asked)
    assert ids(by_rest) == [row.trace.hex_id for row in page.context["rows"]] == called(*names)
    assert by_rest.json()["count"] == page.context["found"].count == len(names)


def test_an_agent_may_be_named_in_words(caller: Caller, traffic: Signal) -> None:
    assert ids(caller.get("/traces", agent="sales")) == called("sales")


@pytest.mark.parametrize(
    ("asked", "typed", "field", "name"),
    [
        ({"min_s": "5", "max_s": "1"}, {}, "max_s", "max_s"),
        ({"metadata": "plan"}, {"meta": "plan"}, "metadata", "meta"),
        ({"label": "nothing"}, {"label": "nothing"}, "label", "label"),
    ],
)
def test_what_the_page_says_of_a_filter_rest_says_as_well(
    caller: Caller,
    reader: Client,
    project: Project,
    traffic: Signal,
    asked: dict[str, str],
    typed: dict[str, str],
    field: str,
    name: str,
) -> None:
    page = reader.get(f"/p/{project.slug}/traces/", typed or asked)
    refused = caller.get("/traces", **asked)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert [refused.json()["message"]] == page.context["form"].errors[name]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"text": "x" * 201}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"status": "fine"}, "status"),
        ({"kind": "robot"}, "kind"),
        ({"min_usd": "-1"}, "min_usd"),
        ({"min_tokens": "1.5"}, "min_tokens"),
        ({"agent": "nobody"}, "agent"),
        ({"label": "00000000-0000-0000-0000-000000000000:true"}, "label"),
        ({"metadata": [f"a={n}" for n in range(6)]}, "metadata"),
        ({"range": "2d"}, "range"),
        ({"start": "0001-01-01T00:00:00Z"}, "start"),
        ({"label_": "x"}, "label_"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_for_is_refused_by_field(
    caller: Caller, traffic: Signal, asked: dict[str, Any], field: str
) -> None:
    refused = caller.get("/traces", **asked)
    assert (refused.status_code, refused.json()["field"].partition(".")[0]) == (422, field)


def test_pages_follow_each_other_and_a_cursor_holds_for_its_filters(
    caller: Caller, traffic: Signal
) -> None:
    asked = {"agent": "support", "limit": 2}
    first = caller.get("/traces", **asked)
    assert ids(first) == called("waiting", "long")
    assert (first.json()["count"], first.json()["is_counted"]) == (4, True)
    cursor = first.json()["next_cursor"]
    second = caller.get("/traces", **asked, cursor=cursor)
    assert ids(second) == called("failed", "plain")
    assert second.json()["next_cursor"] is None
    other = caller.get("/traces", status="ok", cursor=cursor)
    assert other.json()["code"] == "cursor_of_other_filters"


def test_a_list_is_of_the_last_day_unless_it_is_asked_for_more(
    caller: Caller, project: Project
) -> None:
    arrive(project, *turn("old", at=timezone.now() - 2 * DAY))
    assert ids(caller.get("/traces")) == []
    assert ids(caller.get("/traces", range="3d")) == called("old")
    since = (datetime.now(UTC) - 3 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ids(caller.get("/traces", start=since)) == called("old")


def test_a_row_says_what_came_of_the_trace(caller: Caller, traffic: Signal) -> None:
    row = caller.get("/traces", text="parcel").json()["items"][0]
    assert row["agents"][0]["name"] == "support"
    assert (row["status"], row["is_open"], row["spans"], row["errors"]) == ("ok", False, 2, 0)
    assert (row["input_tokens"], row["output_tokens"], row["duration_s"]) == (100, 20, 1.0)
    assert (row["input"], row["output"]) == ("Where is my parcel?", "On its way.")
    assert row["labels"] == [
        {
            "signal": {"id": str(traffic.uuid), "name": traffic.name},
            "label": "true",
            "sentiment": "negative",
            "targets": 1,
        }
    ]
    assert row["url"].startswith(f"{settings.BASE_URL}/p/")
    assert caller.get(f"/sessions/{row['session']}").json()["session_id"] == "chat"


def test_a_list_costs_as_many_queries_for_ten_traces_as_for_one(
    caller: Caller, project: Project
) -> None:
    arrive(project, *turn("first"))
    label(new_signal(Agent.objects.get(project=project)), "true", target=trace_id_of("first"))
    caller.get("/traces")  # notes that the key was used
    with CaptureQueriesContext(connection) as one:
        caller.get("/traces")
    arrive(project, *(each for n in range(9) for each in turn(f"more {n}")))
    with CaptureQueriesContext(connection) as ten:
        assert len(ids(caller.get("/traces"))) == 10
    assert len(ten) == len(one)


def test_a_search_that_takes_too_long_is_unavailable(
    caller: Caller, traffic: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SEARCH_PATIENCE_MS", 1)
    monkeypatch.setattr(trace_search, "matching", _after_a_while(trace_search.matching))
    for path in ("/traces", "/traces/facets"):
        response = caller.get(path)
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert "shorter stretch" in response.json()["message"]


def _after_a_while(function: Any) -> Any:
    def slowly(*args: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(1)")
        return function(*args)

    return slowly


def test_facets_count_each_value_under_the_other_choices(caller: Caller, traffic: Signal) -> None:
    found = caller.get("/traces/facets", service="shop").json()
    assert found["service"] == [{"value": "shop", "count": 1}]
    assert found["model"] == [{"value": "little-model", "count": 1}]
    assert (found["traces"], found["is_whole"], found["is_counted"]) == (5, True, True)


def test_a_trace_has_its_spans_as_a_tree_and_what_was_said_of_it(
    caller: Caller, project: Project, traffic: Signal
) -> None:
    found = caller.get(f"/traces/{trace_id_of('plain').hex}").json()
    assert [(row["name"], row["depth"], row["kind"]) for row in found["spans"]] == [
        ("root", 0, "agent"),
        ("chat", 1, "llm"),
    ]
    assert found["spans"][1]["parent_span_id"] == found["spans"][0]["span_id"]
    assert found["spans"][1]["model"] == "little-model"
    assert found["spans"][0]["agent"]["name"] == "support"
    assert found["span_count"] == 2
    (mark,) = found["marks"]
    assert (mark["scope"], mark["label"], mark["sentiment"]) == ("trace", "true", "negative")
    assert found["metadata"] == {}


def test_a_target_without_a_label_has_a_reason(
    caller: Caller, project: Project, traffic: Signal
) -> None:
    label(traffic, None, target=trace_id_of("long"), reason="The judge was away.")
    (mark,) = caller.get(f"/traces/{trace_id_of('long').hex}").json()["marks"]
    assert (mark["label"], mark["sentiment"]) == (None, None)
    assert mark["reason"] == "The judge was away."


def test_spans_of_a_trace_come_in_pages(caller: Caller, project: Project) -> None:
    arrive(project, span("deep"), *(span("deep", f"step {n}", "root") for n in range(4)))
    path = f"/traces/{trace_id_of('deep').hex}/spans"
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = caller.get(path, limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [row["name"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert (seen[0], sorted(seen[1:])) == ("root", [f"step {n}" for n in range(4)])
    assert caller.get(path, kind="llm").json()["items"] == []
    assert caller.get(path, cursor="x").status_code == 422


def test_a_span_has_all_that_was_sent(caller: Caller, project: Project, traffic: Signal) -> None:
    trace, chat = trace_id_of("plain").hex, span_id_of("plain", "chat").hex()
    found = caller.get(f"/traces/{trace}/spans/{chat}").json()
    assert found["attributes"]["llm.model_name"] == "little-model"
    assert (found["depth"], found["scope"]) == (1, {"name": "tests", "version": "1"})
    assert found["source"] == "openinference"
    assert [(m["role"], m["parts"][0]["text"]) for m in found["input"]] == [
        ("user", "Where is my parcel?")
    ]
    assert found["output"][0]["parts"][0]["text"] == "On its way."
    assert found["sent_start"] == found["start"]


def test_nothing_of_another_project_is_found(caller: Caller) -> None:
    theirs = new_project("Theirs")
    arrive(theirs, *turn("plain"))
    assert ids(caller.get("/traces")) == []
    trace, root = trace_id_of("plain").hex, span_id_of("plain", "root").hex()
    for path in ("", "/spans", f"/spans/{root}", "/conversation", "/transcript", "/why"):
        assert caller.get(f"/traces/{trace}{path}").status_code == 404
    foreign = new_signal(Agent.objects.get(project=theirs))
    assert caller.get("/traces", label=f"{foreign.uuid}:true").status_code == 422


@pytest.mark.parametrize("path", ["/traces/xyz", "/traces/" + "g" * 32, "/sessions/1"])
def test_what_is_no_id_is_refused(caller: Caller, path: str) -> None:
    assert caller.get(path).status_code == 422
