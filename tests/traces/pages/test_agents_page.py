"""The list of agents: what each did in a time range."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from teams.models import Project
from tests.traces.arrivals import arrive, new_project, span, turn
from traces.figures import latency
from traces.figures.agents import Row
from traces.models import Agent
from traces.pages.agents import forms
from traces.search import agent_choices

pytestmark = pytest.mark.django_db


def rows_on(client: Client, project: Project, query: str = "") -> list[Row]:
    response = client.get(f"/p/{project.slug}/agents/{query}")
    assert response.status_code == 200
    rows: list[Row] = response.context["rows"]
    return rows


def test_runs_errors_latency_and_tokens_are_summed(reader: Client, project: Project) -> None:
    for number, took_ms in enumerate([1000, 2000, 3000, 4000]):
        error = "no" if number == 3 else ""
        arrive(project, *turn(str(number), took_ms=took_ms, error=error))
    (row,) = rows_on(reader, project)
    assert (row.runs, row.settled, row.errors) == (4, 4, 1)
    assert row.p50_ms == pytest.approx(2500)
    assert row.p95_ms == pytest.approx(3850)
    assert row.tokens == 4 * 120
    assert sum(count or 0 for count in row.trend) == 4


def test_latency_of_many_runs_is_that_of_the_newest_and_says_so(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    for number in range(5):
        at = now - timedelta(hours=2 + number)
        arrive(project, *turn(str(number), took_ms=1000 * (number + 1), at=at))
    (exact,) = rows_on(reader, project)
    assert exact.sampled is None
    assert exact.p50_ms == pytest.approx(3000)
    monkeypatch.setattr(latency, "SAMPLE", 3)
    (row,) = rows_on(reader, project)
    assert (row.runs, row.settled, row.sampled) == (5, 5, 3)
    assert row.p50_ms == pytest.approx(2000)
    page = reader.get(f"/p/{project.slug}/agents/").content.decode()
    assert "Latency of an agent with more than 3 runs is that of its newest 3." in page


def test_what_is_not_known_is_not_zero(reader: Client, project: Project) -> None:
    arrive(project, *turn("1"), settled=False)
    (row,) = rows_on(reader, project)
    assert (row.runs, row.settled, row.p50_ms, row.cost_usd) == (1, 0, None, None)
    assert "no run has settled" in reader.get(f"/p/{project.slug}/agents/").content.decode()


def test_an_agent_without_runs_in_the_range_is_still_listed(
    reader: Client, project: Project
) -> None:
    arrive(project, *turn("1", at=timezone.now() - timedelta(days=20)))
    (row,) = rows_on(reader, project)
    assert (row.runs, row.tokens) == (0, None)
    assert rows_on(reader, project, "?range=30d")[0].runs == 1


def test_other_projects_agents_are_not_listed(reader: Client, project: Project) -> None:
    arrive(project, *turn("1"))
    arrive(new_project("Theirs"), *turn("2", agent="theirs"))
    assert [row.agent.name for row in rows_on(reader, project)] == ["support"]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        pytest.param("", ["b", "c", "a"], id="most runs first"),
        pytest.param("?sort=runs", ["a", "c", "b"], id="fewest runs first"),
        pytest.param("?sort=name", ["a", "b", "c"], id="by name"),
        pytest.param("?sort=-name", ["c", "b", "a"], id="by name backwards"),
        pytest.param("?sort=-p95", ["c", "b", "a"], id="unknown last, largest first"),
        pytest.param("?sort=p95", ["b", "c", "a"], id="unknown last, smallest first"),
        pytest.param("?sort=colour", ["b", "c", "a"], id="bad sort falls back"),
    ],
)
def test_a_column_sorts(reader: Client, project: Project, sort: str, names: list[str]) -> None:
    long_ago = timezone.now() - timedelta(days=20)
    arrive(project, *turn("1", agent="a", at=long_ago))
    arrive(project, *turn("2", agent="b"), *turn("3", agent="b"))
    arrive(project, *turn("4", agent="c", took_ms=9000))
    assert [row.agent.name for row in rows_on(reader, project, sort)] == names


def test_a_bad_sort_is_said(reader: Client, project: Project) -> None:
    arrive(project, *turn("1"))
    page = reader.get(f"/p/{project.slug}/agents/?sort=colour").content.decode()
    assert "Select a valid choice" in page


def test_figures_lead_to_the_traces_behind_them(reader: Client, project: Project) -> None:
    arrive(project, *turn("1", error="no"), *turn("2"))
    (row,) = rows_on(reader, project, "?range=24h")
    page = reader.get(f"/p/{project.slug}/agents/?range=24h").content.decode()
    link = f"/p/{project.slug}/traces/?range=24h&agent={row.agent.uuid}"
    assert f'href="{link.replace("&", "&amp;")}"' in page
    assert f'href="{link.replace("&", "&amp;")}&amp;status=error"' in page
    assert reader.get(f"{link}&status=error").context["found"].count == row.errors


def test_without_traffic_it_says_how_to_send_some(reader: Client, project: Project) -> None:
    page = reader.get(f"/p/{project.slug}/agents/").content.decode()
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in page


def test_traffic_without_an_agent_is_told_from_no_traffic(reader: Client, project: Project) -> None:
    arrive(project, span("1"), settled=False)
    page = reader.get(f"/p/{project.slug}/agents/").content.decode()
    assert "No agent yet" in page


def test_a_stranger_finds_nothing_and_nobody_writes(reader: Client, project: Project) -> None:
    assert reader.get(f"/p/{new_project('Theirs').slug}/agents/").status_code == 404
    assert reader.post(f"/p/{project.slug}/agents/").status_code == 405


def test_fifty_agents_take_as_many_queries_as_five(reader: Client, project: Project) -> None:
    arrive(project, *(s for n in range(5) for s in turn(str(n), agent=f"a{n}")))
    rows_on(reader, project)
    with CaptureQueriesContext(connection) as few:
        rows_on(reader, project)
    arrive(project, *(s for n in range(5, 50) for s in turn(str(n), agent=f"a{n}")))
    with CaptureQueriesContext(connection) as many:
        assert len(rows_on(reader, project)) == 50
    assert len(many) == len(few)


def test_a_hostile_name_stays_text(reader: Client, project: Project) -> None:
    arrive(project, *turn("1", agent="<script>alert(1)</script>\u202e"))
    page = reader.get(f"/p/{project.slug}/agents/").content.decode()
    assert "<script>alert" not in page
    assert "\u202e" not in page


def many_agents(project: Project, count: int) -> list[Agent]:
    """Agents that were heard of one after another, the last one just now."""
    now = timezone.now()
    return Agent.objects.bulk_create(
        Agent(
            project=project,
            identity=f"a{number}",
            name=f"Agent {number}",
            said_name=f"Agent {number}",
            first_seen_at=now,
            last_seen_at=now - timedelta(minutes=count - number),
        )
        for number in range(count)
    )


def test_many_agents_are_listed_by_the_page_those_heard_of_last_first(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "MOST_ROWS", 3)
    many_agents(project, 7)
    seen, query = [], ""
    for _ in range(3):
        response = reader.get(f"/p/{project.slug}/agents/?sort=name{query}")
        seen += [row.agent.name for row in response.context["rows"]]
        older = response.context["page"].older
        assert ('rel="next"' in response.content.decode()) == bool(older)
        query = f"&older={older}"
    pages = [(4, 5, 6), (1, 2, 3), (0,)]
    assert seen == [f"Agent {number}" for page in pages for number in page]
    newer = response.context["page"].newer
    back = rows_on(reader, project, f"?sort=name&newer={newer}")
    assert [row.agent.name for row in back] == seen[3:6]


def test_agents_are_found_by_a_part_of_their_name(reader: Client, project: Project) -> None:
    many_agents(project, 7)
    assert [row.agent.name for row in rows_on(reader, project, "?q=GENT+4")] == ["Agent 4"]
    response = reader.get(f"/p/{project.slug}/agents/?q=nobody")
    assert response.context["rows"] == []
    assert "No agent yet" not in response.content.decode()
    assert 'value="nobody"' in response.content.decode()


def test_a_bad_page_is_said_and_is_the_first_one(reader: Client, project: Project) -> None:
    many_agents(project, 2)
    response = reader.get(f"/p/{project.slug}/agents/?older=nonsense&sort=-name")
    assert "That page does not exist" in response.content.decode()
    assert [row.agent.name for row in response.context["rows"]] == ["Agent 1", "Agent 0"]


@pytest.mark.parametrize("page", ["traces", "sessions"])
def test_a_filter_offers_the_agents_heard_of_last_and_the_chosen_one(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr(agent_choices, "MOST_OFFERED", 2)
    arrive(project, *turn("1", agent="old", session__id="chat"))
    old = Agent.objects.get()
    Agent.objects.update(last_seen_at=timezone.now() - timedelta(days=1))
    many_agents(project, 4)
    url = f"/p/{project.slug}/{page}/"
    response = reader.get(url)
    choices = [text for _value, text in response.context["form"].fields["agent"].choices]
    assert choices == ["All", "Agent 3", "Agent 2"]
    assert "Another agent" in response.content.decode()
    assert [row.agent for row in response.context["rows"]] == [old]
    chosen = reader.get(f"{url}?agent={old.uuid}")
    choices = [text for _value, text in chosen.context["form"].fields["agent"].choices]
    assert choices == ["All", "Agent 3", "Agent 2", "old"]
    assert [row.agent for row in chosen.context["rows"]] == [old]
    assert chosen.context["form"].value("agent") == str(old.uuid)


def test_what_was_searched_for_is_no_filter_of_the_traces(reader: Client, project: Project) -> None:
    arrive(project, *turn("1", agent="support"))
    page = reader.get(f"/p/{project.slug}/agents/?q=supp&sort=name").content.decode()
    agent = Agent.objects.get()
    assert f'href="/p/{project.slug}/traces/?agent={agent.uuid}"' in page
