"""The signals table: what a row says, filters, order, its fragment, and who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from signals_app.definition import states
from teams.models import Project
from tests.html import html_of
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import member, new_project
from traces.models import Agent

pytestmark = pytest.mark.django_db


def names_on(client: Client, project: Project, query: str = "") -> list[str]:
    response = client.get(f"/p/{project.slug}/signals/{query}")
    assert response.status_code == 200
    return [row.signal.name for row in response.context["rows"]]


def test_a_row_shows_breakdown_trend_and_volume(
    reader: Client, project: Project, agent: Agent
) -> None:
    signal = new_signal(agent)
    label(signal, "true", 12)
    label(signal, "false", 88)
    label(signal, None, 3)
    response = reader.get(f"/p/{project.slug}/signals/")
    row = response.context["rows"][0]
    assert [(s.name, s.tone, s.n) for s in row.segments] == [
        ("true", "negative-1", 12),
        ("false", "positive-1", 88),
    ]
    assert (row.total, row.unlabelled) == (100, 3)
    page = html_of(response)
    assert "true 12.0 %, false 88.0 % of 100" in page
    assert "share of true over the last 7 days" in page
    for text in ("User frustration", "support", "Trace", "Binary", "Active"):
        assert text in page


def test_labels_older_than_seven_days_do_not_count(
    reader: Client, project: Project, agent: Agent
) -> None:
    label(new_signal(agent), "true", at=timezone.now() - timedelta(days=8))
    response = reader.get(f"/p/{project.slug}/signals/")
    assert response.context["rows"][0].total == 0


def test_fewer_than_thirty_labels_look_small(
    reader: Client, project: Project, agent: Agent
) -> None:
    label(new_signal(agent), "true", 29)
    assert "Fewer than 30 labels" in html_of(reader.get(f"/p/{project.slug}/signals/"))


def test_it_filters_by_agent_state_and_words(
    reader: Client, project: Project, agent: Agent
) -> None:
    other = new_agent(project, "search")
    new_signal(agent, name="One")
    new_signal(other, name="Two", active=False)
    assert names_on(reader, project, f"?agent={agent.uuid}") == ["One"]
    assert names_on(reader, project, "?state=draft") == ["Two"]
    assert names_on(reader, project, "?q=tw") == ["Two"]
    assert names_on(reader, project, "?q=support") == ["One"]


def test_archived_signals_show_only_when_asked_for(
    reader: Client, project: Project, agent: Agent
) -> None:
    new_signal(agent, name="Kept")
    states.archive(new_signal(agent, name="Gone"), None, timezone.now())
    assert names_on(reader, project) == ["Kept"]
    assert names_on(reader, project, "?state=archived") == ["Gone"]


def test_it_sorts_by_volume_and_back(reader: Client, project: Project, agent: Agent) -> None:
    label(new_signal(agent, name="A"), "true", 2)
    label(new_signal(agent, name="B"), "true", 5)
    assert names_on(reader, project, "?sort=volume") == ["A", "B"]
    assert names_on(reader, project, "?sort=-volume") == ["B", "A"]


def test_a_bad_filter_falls_back_and_says_so(
    reader: Client, project: Project, agent: Agent
) -> None:
    new_signal(agent, name="One")
    response = reader.get(f"/p/{project.slug}/signals/?state=nonsense&agent=x&sort=y")
    assert [row.signal.name for row in response.context["rows"]] == ["One"]
    assert "A filter was left out" in html_of(response)


def test_htmx_gets_the_table_alone(reader: Client, project: Project, agent: Agent) -> None:
    new_signal(agent)
    headers = {"HX-Request": "true", "HX-Target": "signals-table"}
    response = reader.get(f"/p/{project.slug}/signals/", headers=headers)
    assert html_of(response).lstrip().startswith('<section id="signals-table"')
    assert "HX-Request" in response["Vary"]


def test_going_back_in_the_history_gets_the_whole_page(
    reader: Client, project: Project, agent: Agent
) -> None:
    new_signal(agent)
    headers = {
        "HX-Request": "true",
        "HX-Target": "signals-table",
        "HX-History-Restore-Request": "true",
    }
    assert b"<html" in reader.get(f"/p/{project.slug}/signals/", headers=headers).content


def test_without_traffic_it_says_how_to_send_some(reader: Client, project: Project) -> None:
    page = html_of(reader.get(f"/p/{project.slug}/signals/"))
    assert "No traces yet" in page
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in page


def test_with_traffic_but_no_signal_it_leads_to_the_form(
    client: Client, project: Project, agent: Agent
) -> None:
    client.force_login(member(project))
    page = html_of(client.get(f"/p/{project.slug}/signals/"))
    assert "Traffic arrives" in page
    assert f"/p/{project.slug}/signals/new/" in page


def test_a_stranger_finds_nothing(client: Client, project: Project) -> None:
    client.force_login(member(new_project("Theirs")))
    assert client.get(f"/p/{project.slug}/signals/").status_code == 404


def test_it_is_only_read(reader: Client, project: Project) -> None:
    assert reader.post(f"/p/{project.slug}/signals/").status_code == 405


def test_more_signals_cost_no_more_queries(reader: Client, project: Project, agent: Agent) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            reader.get(f"/p/{project.slug}/signals/")
        return len(captured)

    label(new_signal(agent, name="first"), "true")
    queries()  # the session remembers the project once
    before = queries()
    for number in range(5):
        label(new_signal(agent, name=f"more {number}"), "true")
    new_signal(agent, name="a draft", active=False)
    assert queries() == before
    assert before <= 14
