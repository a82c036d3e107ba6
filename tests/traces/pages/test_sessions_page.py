"""The list of sessions: what a row says, its filters, its pages, and who may see it."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.paging import PAGE_SIZE
from teams.models import Project
from tests.html import html_of
from tests.traces.arrivals import arrive, member, new_project, span, turn
from traces.models import Agent, Session
from traces.search import id_list_or_scan

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[0, id_list_or_scan.MOST_LISTED], ids=["many rows", "few rows"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every filter is asked in both ways: session by session, and by keys."""
    monkeypatch.setattr(id_list_or_scan, "MOST_LISTED", request.param)


def chat(project: Project, name: str, *said: str, at: datetime | None = None, **more: Any) -> None:
    """A session called `name`, a turn a minute."""
    begun = at or timezone.now() - timedelta(hours=5)
    for number, words in enumerate(said):
        when = begun + timedelta(minutes=number)
        spans = turn(f"{name}/{number}", said=words, at=when, session__id=name, **more)
        arrive(project, *spans)


def listing_on(client: Client, project: Project, query: str = "") -> Any:
    response = client.get(f"/p/{project.slug}/sessions/{query}")
    assert response.status_code == 200
    found = response.context["found"]
    return SimpleNamespace(
        rows=response.context["rows"],
        page=found.page,
        count=found.count,
        is_counted=found.is_counted,
        took_too_long=found.took_too_long,
    )


def names_on(client: Client, project: Project, query: str = "") -> list[str]:
    """The ids of the listed sessions, in order."""
    return [row.session.session_id for row in listing_on(client, project, query).rows]


def text_of(client: Client, project: Project, query: str = "") -> str:
    return html_of(client.get(f"/p/{project.slug}/sessions/{query}"))


def test_a_reader_sees_the_sessions_begun_last_first(reader: Client, project: Project) -> None:
    now = timezone.now()
    chat(project, "older", "hello", "more", at=now - timedelta(hours=4))
    chat(project, "newer", "hi", at=now - timedelta(hours=3))
    assert names_on(reader, project) == ["newer", "older"]


def test_a_row_says_what_was_asked_first_and_what_the_turns_come_to(
    reader: Client, project: Project
) -> None:
    chat(project, "chat-7", "Where is my order?", "It is late.", "Thanks", user__id="ann")
    (row,) = listing_on(reader, project).rows
    sums = row.turns.sums
    assert row.turns.asked == "Where is my order?"
    assert (sums.runs, sums.errors, sums.tokens) == (3, 0, 360)
    assert row.duration == timedelta(minutes=2, seconds=1)
    page = text_of(reader, project)
    for words in ("chat-7", "support", "ann", "2 min 1 s", f"/sessions/{row.session.key.hex}/"):
        assert words in page


def test_a_row_counts_the_failed_turns(reader: Client, project: Project) -> None:
    chat(project, "chat", "fine", "fine again")
    arrive(project, *turn("bad", session__id="chat", error="No."))
    (row,) = listing_on(reader, project).rows
    assert (row.turns.sums.runs, row.turns.sums.errors) == (3, 1)
    assert "1 of 3 turns failed" in text_of(reader, project)


def test_a_session_that_was_heard_of_lately_is_still_going(
    reader: Client, project: Project
) -> None:
    project.session_idle_s = 900
    project.save()
    chat(project, "quiet", "done")
    arrive(project, *turn("1", session__id="open"), settled=False)
    assert names_on(reader, project, "?status=open") == ["open"]
    page = text_of(reader, project, "?status=open")
    assert "still going" in page
    assert "judged after 15 min of quiet" in page
    assert "still going" not in text_of(reader, project, "?session=quiet")


def test_a_stranger_finds_nothing(client: Client, project: Project) -> None:
    client.force_login(member(new_project("Theirs")))
    assert client.get(f"/p/{project.slug}/sessions/").status_code == 404


def test_sessions_of_other_projects_are_not_listed(reader: Client, project: Project) -> None:
    chat(project, "ours", "hello")
    chat(new_project("Theirs"), "theirs", "hello")
    assert names_on(reader, project) == ["ours"]


def test_only_reading_is_allowed(reader: Client, project: Project) -> None:
    assert reader.post(f"/p/{project.slug}/sessions/").status_code == 405


def test_without_traffic_it_says_how_to_send_some(reader: Client, project: Project) -> None:
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in text_of(reader, project)


def test_traffic_without_sessions_is_told_how_to_name_them(
    reader: Client, project: Project
) -> None:
    arrive(project, *turn("1"))
    page = text_of(reader, project)
    assert 'set_attribute("session.id", "chat-42")' in page
    assert "No session yet" in page


def test_the_page_without_sessions_asks_for_itself_until_there_is_one(
    reader: Client, project: Project
) -> None:
    url = f"/p/{project.slug}/sessions/"
    before = reader.get(url).context["stamp"]
    assert reader.get(url, headers={"X-Shown": before}).status_code == 204
    arrive(project, *turn("1"))
    shown = reader.get(url, headers={"X-Shown": before})
    assert "No session yet" in html_of(shown)
    chat(project, "chat", "hello")
    after = reader.get(url, headers={"X-Shown": shown.context["stamp"]})
    assert (after.status_code, after.context["stamp"]) == (200, "")


def test_when_the_filters_leave_nothing_it_offers_to_clear_them(
    reader: Client, project: Project
) -> None:
    chat(project, "chat", "hello")
    page = text_of(reader, project, "?user=nobody&range=30d")
    assert "No session matches" in page
    assert f'href="/p/{project.slug}/sessions/?range=30d">Clear the filters' in page


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize(
    ("query", "left"),
    [
        pytest.param("?status=error", ["broken"], id="a failed turn"),
        pytest.param("?session=fine", ["fine"], id="session"),
        pytest.param("?session=fin", [], id="no part of a session's id"),
        pytest.param("?user=bob", ["bobs"], id="user"),
        pytest.param("?q=luggage", ["fine"], id="text of a later turn"),
        pytest.param("?q=hello", ["bobs", "broken", "fine"], id="text of all"),
        pytest.param("?q=luggage&status=error", [], id="two that no session passes"),
        pytest.param("?q=hello&user=bob&status=", ["bobs"], id="two that one passes"),
    ],
)
def test_a_filter_leaves_exactly_what_it_says(
    reader: Client, project: Project, query: str, left: list[str]
) -> None:
    chat(project, "fine", "hello", "my luggage is lost")
    chat(project, "broken", "hello", error="no")
    chat(project, "bobs", "hello", user__id="bob")
    assert sorted(names_on(reader, project, query)) == left


def test_an_agents_filter_leaves_its_sessions(reader: Client, project: Project) -> None:
    chat(project, "one", "hello", agent="refunds")
    chat(project, "two", "hello", agent="support")
    agent = Agent.objects.get(project=project, name="refunds")
    assert names_on(reader, project, f"?agent={agent.uuid}") == ["one"]


def test_a_session_id_finds_the_sessions_of_every_agent(reader: Client, project: Project) -> None:
    helper: dict[str, Any] = {"openinference__span__kind": "AGENT", "agent__name": "helper"}
    inner = span("t", "inner", "root", session__id="both", **helper)
    arrive(project, *turn("t", session__id="both"), inner)
    rows = listing_on(reader, project, "?session=both").rows
    assert {row.agent.name for row in rows} == {"support", "helper"}


def test_the_time_range_is_kept_to_and_kept(reader: Client, project: Project) -> None:
    now = timezone.now()
    chat(project, "now", "hello")
    chat(project, "long ago", "hello", at=now - timedelta(days=20))
    assert names_on(reader, project) == ["now"]
    assert names_on(reader, project, "?range=30d") == ["now", "long ago"]
    row = listing_on(reader, project).rows[0]
    page = text_of(reader, project, "?range=30d&user=")
    assert f"/sessions/{row.session.key.hex}/?range=30d" in page
    assert "in the last 30 days" in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?status=odd", "Select a valid choice"),
        ("?agent=7", "Select a valid choice"),
        ("?range=90y", ""),
        ("?older=page-two", "That page does not exist"),
        ("?q=%00", "Null characters are not allowed"),
        ("?q=" + "x" * 300, "at most 200 characters"),
        ("?since=yesterday&range=custom", "Enter a valid date/time"),
    ],
)
def test_bad_input_falls_back_to_the_default_and_says_why(
    reader: Client, project: Project, query: str, sentence: str
) -> None:
    chat(project, "here", "hello")
    assert names_on(reader, project, query) == ["here"]
    assert sentence in text_of(reader, project, query)


def test_older_and_newer_walk_over_every_session_once(reader: Client, project: Project) -> None:
    at = timezone.now() - timedelta(hours=2)
    total = PAGE_SIZE + 7  # all at one moment: the key decides
    arrive(project, *(s for n in range(total) for s in turn(str(n), at=at, session__id=str(n))))
    first = listing_on(reader, project)
    assert (len(first.rows), first.page.newer, first.count) == (PAGE_SIZE, "", total)
    second = listing_on(reader, project, f"?older={first.page.older}")
    seen = [row.session.key for row in (*first.rows, *second.rows)]
    assert (len(seen), len(set(seen)), second.page.older) == (total, total, "")
    back = listing_on(reader, project, f"?newer={second.page.newer}")
    assert [row.session.key for row in back.rows] == seen[:PAGE_SIZE]


def queries_for(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def test_fifty_rows_take_as_many_queries_as_five(reader: Client, project: Project) -> None:
    url = f"/p/{project.slug}/sessions/"
    arrive(project, *(s for n in range(5) for s in turn(str(n), session__id=str(n))))
    queries_for(reader, url)  # the first visit writes the session
    few = queries_for(reader, url)
    arrive(project, *(s for n in range(5, 50) for s in turn(str(n), session__id=str(n))))
    assert queries_for(reader, url) == few


def test_hostile_text_stays_text(reader: Client, project: Project) -> None:
    hostile: dict[str, Any] = {"agent": '"><img src=x onerror=alert(2)>', "user__id": "<b>bob</b>"}
    chat(project, "a/../b?x=1&y='\"<i>", "<script>alert(1)</script> \u202egpj.exe", **hostile)
    page = text_of(reader, project)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; [U+202E]gpj.exe" in page
    for live in ("<script>alert", "<img src=x", "<i>", "<b>bob", "\u202e"):
        assert live not in page


def test_a_session_leads_back_to_the_list(reader: Client, project: Project) -> None:
    chat(project, "chat", "hello")
    key = Session.objects.get(project_id=project.pk).key.hex
    page = html_of(reader.get(f"/p/{project.slug}/sessions/{key}/?range=30d"))
    assert f'<li><a href="/p/{project.slug}/sessions/?range=30d">Sessions</a></li>' in page


def test_an_agent_says_how_many_sessions_it_had(reader: Client, project: Project) -> None:
    chat(project, "one", "hello")
    chat(project, "two", "hello", "again")
    agent = Agent.objects.get(project=project)
    page = html_of(reader.get(f"/p/{project.slug}/agents/{agent.uuid}/"))
    assert f'/p/{project.slug}/sessions/?agent={agent.uuid}">2 sessions</a>' in page


def test_the_traces_and_the_sessions_of_one_question_lead_to_each_other(
    reader: Client, project: Project
) -> None:
    chat(project, "chat", "hello", user__id="ann")
    traces = html_of(reader.get(f"/p/{project.slug}/traces/?user=ann&range=30d"))
    assert f'href="/p/{project.slug}/sessions/?range=30d&amp;user=ann"' in traces
    sessions = text_of(reader, project, "?user=ann&range=30d")
    assert f'href="/p/{project.slug}/traces/?range=30d&amp;user=ann"' in sessions
