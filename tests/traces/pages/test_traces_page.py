"""The list of traces: what it shows, its filters, its pages, and who may see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.ids import short_id
from core.paging import PAGE_SIZE
from teams.models import Project
from tests.html import html_of
from tests.traces.arrivals import arrive, member, new_project, span, trace_id_of, turn
from traces.models import Agent, Trace

pytestmark = pytest.mark.django_db


def names_on(client: Client, project: Project, query: str = "") -> list[str]:
    """The inputs of the listed traces, in order."""
    response = client.get(f"/p/{project.slug}/traces/{query}")
    assert response.status_code == 200
    return [row.trace.input_preview for row in response.context["rows"]]


def test_a_reader_sees_the_traces_newest_first(reader: Client, project: Project) -> None:
    now = timezone.now()
    arrive(project, *turn("a", said="first", at=now - timedelta(hours=3)))
    arrive(project, *turn("b", said="second", at=now - timedelta(hours=2)))
    assert names_on(reader, project) == ["second", "first"]


def test_a_row_shows_agent_session_duration_and_tokens(reader: Client, project: Project) -> None:
    arrive(project, *turn("a", agent="refunds", session__id="chat-7"))
    page = html_of(reader.get(f"/p/{project.slug}/traces/"))
    for text in ("refunds", "chat-7", "1.0 s", "120", "/sessions/"):
        assert text in page


def test_a_stranger_finds_nothing(client: Client, project: Project) -> None:
    client.force_login(member(new_project("Theirs")))
    assert client.get(f"/p/{project.slug}/traces/").status_code == 404


def test_traces_of_other_projects_are_not_listed(reader: Client, project: Project) -> None:
    arrive(project, *turn("a", said="ours"))
    arrive(new_project("Theirs"), *turn("b", said="theirs"))
    assert names_on(reader, project) == ["ours"]


def test_only_reading_is_allowed(reader: Client, project: Project) -> None:
    assert reader.post(f"/p/{project.slug}/traces/").status_code == 405


def test_without_traffic_it_says_how_to_send_some(reader: Client, project: Project) -> None:
    page = html_of(reader.get(f"/p/{project.slug}/traces/"))
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in page
    assert f"/p/{project.slug}/settings/keys/#keys" in page


def test_traces_whose_agent_is_not_known_yet_are_listed(reader: Client, project: Project) -> None:
    nameless = span("1", resource={"service.name": "shop"}, input__value="hello")
    arrive(project, nameless, settled=False)
    assert names_on(reader, project) == ["hello"]


def test_when_the_filters_leave_nothing_it_offers_to_clear_them(
    reader: Client, project: Project
) -> None:
    arrive(project, *turn("a"))
    page = html_of(reader.get(f"/p/{project.slug}/traces/?session=none"))
    assert "No trace matches" in page
    assert "Clear the filters" in page


@pytest.mark.parametrize(
    ("query", "left"),
    [
        pytest.param("?status=error", ["broken"], id="status error"),
        pytest.param("?status=ok", ["by-bob", "fine"], id="status ok"),
        pytest.param("?session=s1", ["broken"], id="session"),
        pytest.param("?user=bob", ["by-bob"], id="user"),
        pytest.param("?q=broken", ["broken"], id="text"),
        pytest.param("?q=-broken", ["by-bob", "fine"], id="text that is not there"),
        pytest.param("?q=fine&status=error", [], id="two that no trace passes"),
    ],
)
def test_a_filter_leaves_exactly_what_it_says(
    reader: Client, project: Project, query: str, left: list[str]
) -> None:
    arrive(project, *turn("1", said="fine"))
    arrive(project, *turn("2", said="broken", error="no", session__id="s1"))
    arrive(project, *turn("3", said="by-bob", user__id="bob"))
    assert sorted(names_on(reader, project, query)) == left


def test_an_agents_filter_finds_traces_in_which_it_only_took_part(
    reader: Client, project: Project
) -> None:
    helper: dict[str, Any] = {"openinference__span__kind": "AGENT", "agent__name": "helper"}
    arrive(project, *turn("1", said="alone"))
    arrive(project, *turn("2", said="helped"), span("2", "inner", "root", **helper))
    agent = Agent.objects.get(project=project, name="helper")
    assert names_on(reader, project, f"?agent={agent.uuid}") == ["helped"]


def test_what_still_arrives_can_be_listed(reader: Client, project: Project) -> None:
    arrive(project, *turn("1", said="done"))
    arrive(project, *turn("2", said="open"), settled=False)
    assert len(names_on(reader, project, "?status=open")) == 1


def test_the_time_range_is_kept_to(reader: Client, project: Project) -> None:
    now = timezone.now()
    arrive(project, *turn("1", said="now"))
    arrive(project, *turn("2", said="long ago", at=now - timedelta(days=20)))
    assert names_on(reader, project) == ["now"]
    assert names_on(reader, project, "?range=30d") == ["now", "long ago"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?status=odd", "Select a valid choice"),
        ("?agent=7", "Select a valid choice"),
        ("?range=90y", "There is no such range. This is 7d."),
        ("?older=page-two", "That page does not exist"),
        ("?older=99999999999999999999-" + "a" * 32, "That page does not exist"),
        ("?q=%00", "Null characters are not allowed"),
        ("?q=" + "x" * 300, "at most 200 characters"),
        ("?label=nonsense", "Select a valid choice"),
        ("?since=yesterday&range=custom", "Enter a valid date/time"),
    ],
)
def test_bad_input_falls_back_to_the_default_and_says_why(
    reader: Client, project: Project, query: str, sentence: str
) -> None:
    arrive(project, *turn("1", said="here"))
    response = reader.get(f"/p/{project.slug}/traces/{query}")
    assert response.status_code == 200
    assert [row.trace.input_preview for row in response.context["rows"]] == ["here"]
    assert sentence in html_of(response)


@pytest.mark.parametrize("query", ["?q=%27%3B%20drop%20table%20trace%3B--", "?q=%22%26%7C!%3A*"])
def test_any_text_can_be_searched_for(reader: Client, project: Project, query: str) -> None:
    arrive(project, *turn("1"))
    assert names_on(reader, project, query) == []


def test_a_trace_id_leads_to_its_trace_whatever_the_range(reader: Client, project: Project) -> None:
    arrive(project, *turn("1", at=timezone.now() - timedelta(days=20)))
    found = trace_id_of("1").hex
    response = reader.get(f"/p/{project.slug}/traces/?range=1h&q={found.upper()}")
    assert response["Location"] == f"/p/{project.slug}/traces/{found}/"
    assert names_on(reader, project, f"?q={trace_id_of('nowhere').hex}") == []


def test_older_and_newer_walk_over_every_trace_once(reader: Client, project: Project) -> None:
    at = timezone.now() - timedelta(hours=2)
    total = 2 * PAGE_SIZE + 7  # all at one moment: the trace id decides
    arrive(project, *(span(str(n), at=at, agent__name="a") for n in range(total)))
    first = reader.get(f"/p/{project.slug}/traces/").context["found"]
    seen = [trace.trace_id for trace in first.page.rows]
    assert (len(seen), first.page.newer, first.count) == (PAGE_SIZE, "", total)
    page = first.page
    while page.older:
        page = reader.get(f"/p/{project.slug}/traces/?older={page.older}").context["found"].page
        seen += [trace.trace_id for trace in page.rows]
    assert len(seen) == total
    assert set(seen) == {trace_id_of(str(n)) for n in range(total)}
    back = reader.get(f"/p/{project.slug}/traces/?newer={page.newer}").context["found"]
    assert [trace.trace_id for trace in back.page.rows] == seen[PAGE_SIZE : 2 * PAGE_SIZE]


def test_filters_and_range_stay_when_the_page_is_turned(reader: Client, project: Project) -> None:
    arrive(project, *(span(str(n), agent__name="a", user__id="u") for n in range(PAGE_SIZE + 1)))
    page = html_of(reader.get(f"/p/{project.slug}/traces/?user=u&range=24h"))
    assert "user=u&amp;range=24h&amp;older=" in page


def queries_for(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


def test_fifty_rows_take_as_many_queries_as_five(reader: Client, project: Project) -> None:
    url = f"/p/{project.slug}/traces/"
    arrive(project, *(s for n in range(5) for s in turn(str(n), session__id=str(n))))
    queries_for(reader, url)  # the first visit writes the session
    few = queries_for(reader, url)
    arrive(project, *(s for n in range(5, 50) for s in turn(str(n), session__id=str(n))))
    assert queries_for(reader, url) == few


HOSTILE: dict[str, Any] = {
    "said": "<script>alert(1)</script> \u202egpj.exe",
    "agent": '"><img src=x onerror=alert(2)>',
    "session__id": "a/../b?x=1&y='\"<i>",
    "user__id": "\u2066<b>bob</b>",
}


def test_hostile_text_stays_text(reader: Client, project: Project) -> None:
    arrive(project, *turn("1", **HOSTILE))
    page = html_of(reader.get(f"/p/{project.slug}/traces/"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; [U+202E]gpj.exe" in page
    for live in ("<script>alert", "<img src=x", "<i>", "<b>bob", "\u202e", "\u2066"):
        assert live not in page


@pytest.mark.parametrize("length", [400, 401, 450, 3_000])
def test_a_long_id_is_found_by_itself_and_by_what_is_stored_of_it(
    reader: Client, project: Project, length: int
) -> None:
    session, user = "s" * length, "u" * length
    arrive(project, *turn("1", said="long", session__id=session, user__id=user))
    arrive(project, *turn("2", said="longer", session__id=session + "s", user__id=user + "u"))
    assert names_on(reader, project, f"?session={session}") == ["long"]
    assert names_on(reader, project, f"?user={user}") == ["long"]
    stored = short_id(session) or ""
    assert Trace.objects.filter(project_id=project.pk, session_id=stored).exists()
    assert names_on(reader, project, f"?session={quote(stored)}") == ["long"]
