"""A link means one moment, also in the hour that clocks pass twice or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from core.time_range.form import WindowForm
from core.time_range.moments import in_utc, utc_text
from teams.models import Project
from tests.traces.arrivals import member, new_project

#: Both moments that a clock on the wall shows as the same, and the zone of that clock.
TWICE = [
    ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
]


@pytest.mark.parametrize(("zone", "moment"), TWICE)
def test_a_link_names_its_moment_in_every_zone(zone: str, moment: datetime) -> None:
    query = QueryDict(mutable=True)
    query.update({"range": "custom", "since": utc_text(moment), "until": ""})
    with timezone.override(ZoneInfo(zone)):
        form = WindowForm(in_utc(query))
        assert form.is_valid(), form.errors
        assert form.cleaned_data["since"] == moment


@pytest.mark.parametrize(
    ("zone", "typed", "meant"),
    [
        ("Europe/Berlin", "2026-10-24T08:00", "2026-10-24T06:00:00Z"),
        ("Europe/Berlin", "2026-10-26T08:00", "2026-10-26T07:00:00Z"),
        ("America/New_York", "2026-11-02 08:00", "2026-11-02T13:00:00Z"),
        ("Asia/Kathmandu", "2026-11-02", "2026-11-01T18:15:00Z"),
        ("UTC", "2026-11-02T08:00:00Z", "2026-11-02T08:00:00Z"),
    ],
)
def test_what_was_typed_is_read_in_the_viewers_zone(zone: str, typed: str, meant: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert in_utc(QueryDict(f"since={typed}"))["since"] == meant


@pytest.mark.parametrize(
    ("zone", "typed"),
    [
        ("Europe/Berlin", "2026-10-25T02:30"),  # twice
        ("America/New_York", "2026-11-01T01:30"),  # twice
        ("Europe/Berlin", "2026-03-29T02:30"),  # never
        ("America/New_York", "2026-03-08T02:30"),  # never
    ],
)
def test_what_is_no_single_moment_is_left_for_the_form_to_refuse(zone: str, typed: str) -> None:
    query = QueryDict(f"range=custom&since={typed}")
    with timezone.override(ZoneInfo(zone)):
        assert in_utc(query) is query
        form = WindowForm(query)
        assert not form.is_valid()
        assert "since" in form.errors


@pytest.mark.parametrize("text", ["soon", "9999-12-31T23:59", '"><b>', "", "\x00"])
def test_what_is_no_moment_stays_as_it_is(text: str) -> None:
    query = QueryDict(mutable=True)
    query["since"] = text
    with timezone.override(ZoneInfo("America/New_York")):
        assert in_utc(query) is query


def links_of(page: str) -> list[dict[str, list[str]]]:
    """Return the parameters of every link of a page that names a custom range."""
    addresses = [part.partition('"')[0] for part in page.split('href="')[1:]]
    queries = [parse_qs(urlsplit(address.replace("&amp;", "&")).query) for address in addresses]
    return [query for query in queries if query.get("range") == ["custom"]]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["traces", "sessions", "agents", "signals"])
def test_every_link_of_a_page_names_its_range_in_utc(client: Client, page: str) -> None:
    project: Project = new_project()
    user = member(project)
    client.force_login(user)
    user.time_zone = "Europe/Berlin"
    user.save()
    since = timezone.localtime(timezone.now() - timedelta(days=2), ZoneInfo("Europe/Berlin"))
    typed = f"{since:%Y-%m-%dT%H:%M}"
    answer = client.get(f"/p/{project.slug}/{page}/?range=custom&since={typed}")
    links = links_of(answer.content.decode())
    exact = utc_text(since.replace(second=0, microsecond=0))
    assert {query["since"][0] for query in links} <= {exact}
    assert links or page == "signals"
