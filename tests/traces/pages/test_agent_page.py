"""The overview of one agent: what it did in a time range, as a whole and over time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from teams.models import Project
from tests.html import html_of
from tests.traces.arrivals import arrive, new_project, turn
from traces.figures import agent_overview
from traces.models import Agent

pytestmark = pytest.mark.django_db


def url_of(agent: Agent, query: str = "") -> str:
    return f"/p/{agent.project.slug}/agents/{agent.uuid}/{query}"


def opened(client: Client, agent: Agent, query: str = "") -> Any:
    response = client.get(url_of(agent, query))
    assert response.status_code == 200
    return response


def values(response: Any, chart: str) -> dict[str, list[float | None]]:
    found = response.context["charts"][chart].figure["data"]
    return {trace["name"]: trace["y"] for trace in found}


def known(numbers: list[float | None]) -> list[float]:
    return [number for number in numbers if number is not None]


def test_the_tiles_say_what_the_agent_did(reader: Client, project: Project) -> None:
    for number, took_ms in enumerate([1000, 2000, 3000, 4000]):
        error = "no" if number == 3 else ""
        arrive(project, *turn(str(number), took_ms=took_ms, error=error))
    arrive(project, *turn("theirs", agent="other"))
    agent = Agent.objects.get(name="support")
    context = opened(reader, agent).context
    did, latency = context["did"], context["overview"].latency
    assert (did.runs, did.settled, did.errors, did.tokens) == (4, 4, 1, 4 * 120)
    assert latency.p50_ms == pytest.approx(2500)
    page = html_of(opened(reader, agent))
    assert "25.0 %" in page
    assert "of 4, few" in page
    assert "none reported" in page  # of cost


def test_latency_of_many_runs_is_that_of_the_newest(
    reader: Client, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_overview, "SAMPLE", 2)
    now = timezone.now()
    for days, took_ms in [(1, 1000), (2, 2000), (3, 9000)]:
        arrive(project, *turn(str(days), at=now - timedelta(days=days), took_ms=took_ms))
    response = opened(reader, Agent.objects.get())
    assert response.context["overview"].latency.p50_ms == pytest.approx(1500)
    assert "of the newest 2 settled runs" in html_of(response)
    assert sorted(known(values(response, "latency")["p50"])) == [1, 2, 9]


def test_the_charts_add_up_to_the_tiles(reader: Client, project: Project) -> None:
    now = timezone.now()
    for day in range(5):
        error = "no" if day == 2 else ""
        at = now - timedelta(days=day, hours=2)
        arrive(project, *turn(str(day), at=at, error=error, took_ms=1000 * (day + 1)))
    agent = Agent.objects.get()
    runs = values(opened(reader, agent), "runs")
    assert {name: sum(known(ys)) for name, ys in runs.items()} == {
        "without error": 4,
        "failed": 1,
    }
    assert sorted(known(values(opened(reader, agent), "latency")["p95"])) == [1, 2, 3, 4, 5]
    tokens = values(opened(reader, agent), "use")
    assert {name: sum(known(ys)) for name, ys in tokens.items()} == {"input": 500, "output": 100}
    rates = values(opened(reader, agent, "?runs=rate"), "runs")["of settled runs failed"]
    assert sorted(known(rates)) == [0, 0, 0, 0, 100]


def test_the_cost_can_be_charted(reader: Client, project: Project) -> None:
    arrive(project, *turn("a", gen_ai__usage__cost=0.25))
    response = opened(reader, Agent.objects.get(), "?use=cost")
    assert list(values(response, "use")) == ["reported cost"]


def test_no_more_than_three_charts_stand_on_the_page(reader: Client, project: Project) -> None:
    arrive(project, *turn("a"))
    page = html_of(opened(reader, Agent.objects.get()))
    assert page.count("data-chart=") == 3


def test_runs_that_have_not_settled_are_told_apart(reader: Client, project: Project) -> None:
    arrive(project, *turn("a"), settled=False)
    agent = Agent.objects.get()
    response = opened(reader, agent)
    assert sum(known(values(response, "runs")["not settled"])) == 1
    assert "1 not settled yet" in html_of(response)
    assert known(values(response, "latency")["p50"]) == []


def test_only_the_range_counts(reader: Client, project: Project) -> None:
    arrive(project, *turn("a"), *turn("b", at=timezone.now() - timedelta(days=20)))
    agent = Agent.objects.get()
    assert opened(reader, agent).context["did"].runs == 1
    assert opened(reader, agent, "?range=30d").context["did"].runs == 2


def test_a_range_without_runs_says_so(reader: Client, project: Project) -> None:
    arrive(project, *turn("b", at=timezone.now() - timedelta(days=20)))
    page = html_of(opened(reader, Agent.objects.get(), "?range=1h"))
    assert "No run in this time range." in page
    assert "data-chart" not in page


def test_bad_input_falls_back_and_says_so(reader: Client, project: Project) -> None:
    arrive(project, *turn("a"))
    response = opened(reader, Agent.objects.get(), "?runs=often&use=7&range=custom&since=never")
    assert set(values(response, "use")) == {"input", "output"}
    page = html_of(response)
    assert page.count("Select a valid choice") == 2
    assert "Enter a valid date/time." in page


def test_figures_lead_to_the_traces_behind_them(reader: Client, project: Project) -> None:
    arrive(project, *turn("a", error="no"), *turn("b"))
    agent = Agent.objects.get()
    page = html_of(opened(reader, agent, "?range=24h"))
    link = f"/p/{project.slug}/traces/?range=24h&agent={agent.uuid}&status=error"
    assert f'href="{link.replace("&", "&amp;")}"' in page
    assert reader.get(link).context["found"].count == 1


def test_a_stranger_finds_nothing_and_nobody_writes(reader: Client, project: Project) -> None:
    arrive(project, *turn("a"))
    agent = Agent.objects.get()
    theirs = new_project("Theirs")
    assert reader.get(f"/p/{theirs.slug}/agents/{agent.uuid}/").status_code == 404
    assert reader.get(f"/p/{project.slug}/agents/{uuid4()}/").status_code == 404
    assert reader.post(url_of(agent)).status_code == 405
    arrive(theirs, *turn("b", agent="theirs"))
    other = Agent.objects.get(project=theirs)
    assert reader.get(f"/p/{project.slug}/agents/{other.uuid}/").status_code == 404


def test_more_runs_cost_no_more_queries(reader: Client, project: Project) -> None:
    arrive(project, *turn("a"))
    agent = Agent.objects.get()
    opened(reader, agent)
    with CaptureQueriesContext(connection) as few:
        opened(reader, agent)
    arrive(project, *(each for n in range(30) for each in turn(str(n))))
    with CaptureQueriesContext(connection) as many:
        opened(reader, agent)
    assert len(many) == len(few) <= 15


def test_a_hostile_name_stays_text(reader: Client, project: Project) -> None:
    arrive(project, *turn("1", agent="<script>alert(1)</script>\u202e"))
    page = html_of(opened(reader, Agent.objects.get()))
    assert "<script>alert" not in page
    assert "\u202e" not in page
