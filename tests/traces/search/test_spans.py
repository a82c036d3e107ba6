"""Finding spans: each filter finds exactly the right ones, and pages join without a gap."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from teams.models import Project
from tests.traces.arrivals import arrive, new_project, span, trace_id_of, turn
from traces.models import Agent
from traces.search import id_list_or_scan
from traces.search.queries import SpanQuery
from traces.search.spans import PAGES, find

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
START, END = NOW - timedelta(days=30), NOW + timedelta(minutes=1)


@pytest.fixture
def project() -> Project:
    """Two traces in two weeks: a long costly failed call beside a quick tool, and a plain turn."""
    project = new_project()
    web: dict[str, Any] = {"service.name": "web", "deployment.environment.name": "production"}
    call: dict[str, Any] = {
        "openinference__span__kind": "LLM",
        "llm__model_name": "big-model",
        "llm__provider": "acme",
        "llm__token_count__prompt": 5000,
        "llm__token_count__completion": 500,
        "llm__cost__total": 0.25,
    }
    tool: dict[str, Any] = {"openinference__span__kind": "TOOL", "tool__name": "find"}
    at = NOW - timedelta(days=10)
    root = span("a", "plan 100%", at=at, agent__name="planner", session__id="s", user__id="u")
    failed = span(
        "a", "Ask", "plan 100%", at=at + timedelta(seconds=1), took_ms=9000, error="no",
        resource=web, **call,
    )  # fmt: skip
    quick = span("a", "find_order", "plan 100%", at=at + timedelta(seconds=2), took_ms=10, **tool)
    open_ = span("a", "open", "plan 100%", at=at + timedelta(seconds=3))
    open_.end_ns = 0
    arrive(project, root, failed, quick, open_)
    arrive(project, *turn("b", at=NOW - timedelta(days=1)))
    arrive(new_project("Theirs"), *turn("theirs"))
    return project


def names(project: Project, **asked: Any) -> list[str]:
    found = find(project, SpanQuery(**({"start": START, "end": END} | asked)))
    assert (found.count, found.is_counted, found.took_too_long) == (
        len(found.page.rows),
        True,
        False,
    )
    return [row.name for row in found.page.rows]


ALL_OF_A = ["open", "find_order", "Ask", "plan 100%"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        pytest.param({"status": "error"}, ["Ask"], id="errors"),
        pytest.param({"status": "ok", "trace_id": trace_id_of("b")}, ["chat", "root"], id="sound"),
        pytest.param({"kind": "tool"}, ["find_order"], id="a kind"),
        pytest.param({"model": "big-model"}, ["Ask"], id="a model"),
        pytest.param({"provider": "acme"}, ["Ask"], id="a provider"),
        pytest.param({"service": "web"}, ["Ask"], id="a service"),
        pytest.param({"environment": "production"}, ["Ask"], id="an environment"),
        pytest.param({"session_id": "s"}, ALL_OF_A, id="a session"),
        pytest.param({"user_id": "u", "session_id": "s"}, ALL_OF_A, id="a user"),
        pytest.param({"user_id": "nobody"}, [], id="nobody"),
        pytest.param({"trace_id": trace_id_of("a")}, ALL_OF_A, id="a trace"),
        pytest.param({"trace_id": trace_id_of("theirs")}, [], id="a trace of others"),
        pytest.param({"text": "ASK"}, ["Ask"], id="a name"),
        pytest.param({"text": "0%"}, ["plan 100%"], id="a percent sign"),
        pytest.param({"text": "d_o"}, ["find_order"], id="an underscore"),
        pytest.param({"text": "k_"}, [], id="no pattern"),
        pytest.param({"min_s": 5}, ["Ask"], id="long"),
        pytest.param({"max_s": 0.5}, ["find_order"], id="quick"),
        pytest.param({"min_tokens": 5500}, ["Ask"], id="many tokens"),
        pytest.param({"max_tokens": 120}, ["chat"], id="few tokens"),
        pytest.param({"min_usd": 0.2, "max_usd": 0.3}, ["Ask"], id="costly"),
        pytest.param({"end": NOW - timedelta(days=2)}, ALL_OF_A, id="a stretch"),
    ],
)
@pytest.mark.parametrize("most", [0, 2_500])
def test_a_filter_finds_the_right_spans(
    project: Project, monkeypatch: pytest.MonkeyPatch, most: int, asked: Any, found: list[str]
) -> None:
    monkeypatch.setattr(id_list_or_scan, "MOST_LISTED", most)
    assert names(project, **asked) == found


def test_an_agent_has_its_own_spans_only(project: Project) -> None:
    planner = Agent.objects.get(project=project, name="planner")
    assert names(project, agent=planner) == ALL_OF_A


def test_the_newest_come_first_and_no_span_of_others(project: Project) -> None:
    assert names(project) in (["chat", "root", *ALL_OF_A], ["root", "chat", *ALL_OF_A])


def test_pages_join_without_a_gap_also_among_equal_times() -> None:
    project = new_project()
    at: list[datetime] = [NOW - timedelta(days=n % 20) for n in range(120)]
    arrive(project, *(span(f"t{n}", str(n), at=at[n]) for n in range(120)))
    query = SpanQuery(start=START, end=END)
    seen: list[str] = []
    page = find(project, query).page
    pages = [page]
    while page.older:
        page = find(project, query, older=PAGES.read(page.older)).page
        pages.append(page)
    for each in pages:
        seen += [row.name for row in each.rows]
    assert sorted(seen, key=int) == [str(n) for n in range(120)]
    back = find(project, query, newer=PAGES.read(pages[-1].newer)).page
    assert back.rows == pages[-2].rows


@pytest.mark.parametrize("text", ["5-x", "5-99999999999999999999", f"5-{1 << 63}", "5--", "-5-1"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PAGES.read(text)
    assert str(PAGES.read(f"5-{-(1 << 63)}")) == f"5-{-(1 << 63)}"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"status": "open"}, "status"),
        ({"kind": "robot"}, "kind"),
        ({"text": "x" * 201}, "text"),
        ({"model": "a\0"}, "model"),
        ({"user_id": "\ud800"}, "user_id"),
        ({"min_s": -1}, "min_s"),
        ({"min_usd": 2, "max_usd": 1}, "max_usd"),
        ({"end": START}, "end"),
    ],
)
def test_a_wrong_value_is_said_by_its_field(asked: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        SpanQuery(**({"start": START, "end": END} | asked))
    assert list(error.value.message_dict) == [field]


def test_a_page_is_one_query_and_reads_no_payload(project: Project) -> None:
    with CaptureQueriesContext(
        connection,
    ) as ran:
        rows = find(project, SpanQuery(start=START, end=END)).page.rows
    reads = [query["sql"] for query in ran if "FROM" in query["sql"]]
    assert len(reads) == 1
    assert "payload" not in reads[0]
    assert {row.kind for row in rows} >= {"llm", "tool"}


def test_what_takes_too_long_is_unknown_and_not_none(project: Project, settings: Settings) -> None:
    settings.SEARCH_PATIENCE_MS = 300
    slow = SpanQuery(start=START, end=END, text="x")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE span RENAME COLUMN name TO said")
        cursor.execute("ALTER TABLE span RENAME TO span_behind")
        cursor.execute("""
            CREATE VIEW span AS SELECT *, (SELECT pg_sleep(1))::text AS name FROM span_behind""")
    assert find(project, slow).took_too_long
