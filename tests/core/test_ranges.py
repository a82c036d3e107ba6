"""The chosen time range goes along with links."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from core.time_range.form import WindowForm
from core.time_range.links import chosen_range, in_range
from teams.models import Project
from tests.traces.arrivals import arrive, member, new_project, trace_id_of, turn
from traces.models import Agent, Session


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", "/a/", id="none chosen"),
        pytest.param("range=6h&sort=-runs&older=1-2", "/a/?range=6h", id="the range alone"),
        pytest.param("range=9y", "/a/", id="a range that does not exist"),
        pytest.param(
            "range=custom&since=2026-11-01T08%3A00&until=",
            "/a/?range=custom&since=2026-11-01T08%3A00",
            id="custom without an end",
        ),
        pytest.param("since=2026-11-01&range=24h", "/a/?range=24h", id="moments of no use"),
        pytest.param('range=custom&since="><b>', "/a/?range=custom&since=%22%3E%3Cb%3E", id="evil"),
    ],
)
def test_a_link_repeats_the_range_of_its_page(query: str, expected: str) -> None:
    assert in_range("/a/", QueryDict(query)) == expected


def test_what_the_address_has_already_is_kept() -> None:
    query = QueryDict("range=1h")
    assert in_range("/a/?span=7#note", query) == "/a/?span=7&range=1h#note"
    assert in_range("/a/", query, agent="x y", status="") == "/a/?range=1h&agent=x+y"


def test_the_next_page_understands_the_range() -> None:
    query = QueryDict("range=custom&since=2026-11-01T08:00&until=2026-11-02T08:00&page=2")
    again = WindowForm(chosen_range(query))
    assert again.is_valid()
    assert again.is_custom


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        pytest.param("2026-11-01T08:30Z", "2026-11-01T09:30", id="in UTC"),
        pytest.param("2026-11-01T08:30:15+05:30", "2026-11-01T04:00", id="with an offset"),
        pytest.param("2026-11-01T08:30", "2026-11-01T08:30", id="in the viewer's zone"),
        pytest.param("soon", "soon", id="no moment"),
        pytest.param("0001-01-01T00:00+14:00", "0001-01-01T00:00+14:00", id="before all time"),
    ],
)
def test_a_moment_of_any_zone_stands_in_its_input(given: str, shown: str) -> None:
    """Show a moment that names its zone: a browser would leave the input empty."""
    with timezone.override(ZoneInfo("Europe/Berlin")):
        field = WindowForm({"range": "custom", "since": given})["since"]
        assert f'value="{shown}"' in str(field)


@pytest.fixture
def reader(client: Client) -> Client:
    project = new_project()
    client.force_login(member(project, "viewer"))
    arrive(project, *turn("a", session__id="chat"))
    return client


@pytest.mark.django_db
def test_the_pages_of_the_explorer_keep_the_range(reader: Client) -> None:
    project, agent, session = Project.objects.get(), Agent.objects.get(), Session.objects.get()
    place = f"/p/{project.slug}"
    trace = f"{place}/traces/{trace_id_of('a').hex}/"
    for page, links in {
        "/agents/": [f"{place}/agents/{agent.uuid}/", f"{place}/agents/"],
        f"/agents/{agent.uuid}/": [f"{place}/agents/", f"{place}/agents/{agent.uuid}/signals/"],
        "/traces/": [trace, f"{place}/sessions/{session.key.hex}/"],
        f"/traces/{trace_id_of('a').hex}/": [f"{place}/traces/", f"{place}/agents/{agent.uuid}/"],
        f"/sessions/{session.key.hex}/": [f"{place}/traces/", f"{place}/agents/{agent.uuid}/"],
    }.items():
        html = reader.get(f"{place}{page}?range=6h").content.decode()
        for link in links:
            assert f'href="{link}?range=6h"' in html, (page, link)
