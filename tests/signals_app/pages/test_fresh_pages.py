"""Pages that bring themselves up to date: an empty answer while nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.ui.refreshing import stamp
from signals_app.definition import states
from signals_app.models import Classification, Signal
from signals_app.runs import runs
from teams.models import Project
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.signals_app.signals.test_state_history import let_wait
from tests.traces.arrivals import arrive, member, turn

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OVERVIEW, TABLE, OF_AGENT = "signals/{0}/", "signals/", "agents/{1}/signals/"


@pytest.fixture(autouse=True)
def _in_one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute that ends between two requests makes any page new."""
    monkeypatch.setattr("core.ui.refreshing.AT_LEAST_EVERY", timedelta(days=1000))


@pytest.fixture
def signal(project: Project) -> Signal:
    signal = new_signal(new_agent(project))
    label(signal, "true", 3)
    return signal


def url_of(signal: Signal, page: str, query: str = "") -> str:
    return f"/p/{signal.project.slug}/{page.format(signal.uuid, signal.agent.uuid)}{query}"


def shown(client: Client, url: str) -> str:
    return str(client.get(url).context["stamp"])


def again(client: Client, url: str, stamp: str) -> Any:
    return client.get(url, headers={"X-Shown": stamp})


@pytest.mark.parametrize("page", [OVERVIEW, TABLE, OF_AGENT])
def test_a_page_that_would_say_the_same_answers_nothing(
    reader: Client, signal: Signal, page: str
) -> None:
    url = url_of(signal, page)
    response = again(reader, url, shown(reader, url))
    assert (response.status_code, response.content) == (204, b"")


def one_more_label(signal: Signal) -> None:
    label(signal, "false")


def one_more_failure(signal: Signal) -> None:
    label(signal, None, reason="The judge answered with no label.")


def a_pause(signal: Signal) -> None:
    states.pause(signal, None, timezone.now())


@pytest.mark.parametrize("page", [OVERVIEW, TABLE, OF_AGENT])
@pytest.mark.parametrize("change", [one_more_label, one_more_failure, a_pause])
def test_what_a_page_shows_makes_it_new(
    reader: Client, signal: Signal, page: str, change: Callable[[Signal], None]
) -> None:
    url = url_of(signal, page)
    before = shown(reader, url)
    change(signal)
    response = again(reader, url, before)
    assert response.status_code == 200
    assert f'data-refresh="{response.context["stamp"]}"' in response.content.decode()


def a_target_that_waits(signal: Signal) -> None:
    let_wait(signal, 1)


def a_run(signal: Signal) -> None:
    now = timezone.now()
    runs.start(signal, now - timedelta(days=1), now, 1.0, None, now)


def another_word_of_the_judge(signal: Signal) -> None:
    """A target judged again counts at another moment, with the same label."""
    newest = Classification.objects.order_by("-counted_at")[:1].values("id")
    Classification.objects.filter(id__in=newest).update(counted_at=timezone.now())


@pytest.mark.parametrize("change", [a_target_that_waits, a_run, another_word_of_the_judge])
def test_so_does_what_only_the_signals_own_page_shows(
    reader: Client, signal: Signal, change: Callable[[Signal], None]
) -> None:
    url = url_of(signal, OVERVIEW)
    before = shown(reader, url)
    change(signal)
    assert again(reader, url, before).status_code == 200


@pytest.mark.parametrize("page", [OVERVIEW, OF_AGENT])
def test_a_range_in_the_past_does_not_ask_again(reader: Client, signal: Signal, page: str) -> None:
    past = reader.get(url_of(signal, page, "?range=custom&since=2026-01-01&until=2026-01-02"))
    assert "data-refresh" not in past.content.decode()
    open_ended = f"?range=custom&since={timezone.now() - timedelta(hours=2):%Y-%m-%dT%H:%M}"
    assert "data-refresh" in reader.get(url_of(signal, page, open_ended)).content.decode()


def test_asking_again_costs_less_than_the_page(reader: Client, signal: Signal) -> None:
    url = url_of(signal, OVERVIEW)
    before = shown(reader, url)
    with CaptureQueriesContext(connection) as whole:
        reader.get(url)
    with CaptureQueriesContext(connection) as nothing:
        again(reader, url, before)
    assert len(nothing) <= len(whole) / 2


def test_what_a_person_did_is_not_said_to_a_page_that_asks_again(
    client: Client, project: Project, signal: Signal
) -> None:
    client.force_login(member(project))
    client.post(url_of(signal, "signals/{0}/pause/"))
    assert b'class="toast ' not in again(client, url_of(signal, OVERVIEW), "old").content
    assert b'class="toast ' in client.get(url_of(signal, OVERVIEW)).content


@pytest.mark.parametrize("page", ["signals/", "traces/", "agents/"])
def test_a_project_without_traffic_waits_for_the_first_trace(
    reader: Client, project: Project, page: str
) -> None:
    url = f"/p/{project.slug}/{page}"
    before = shown(reader, url)
    assert again(reader, url, before).status_code == 204
    arrive(project, *turn("a"))
    assert again(reader, url, before).status_code == 200


def test_a_stamp_lives_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.ui.refreshing.AT_LEAST_EVERY", timedelta(minutes=1))
    assert stamp(NOON, 1) == stamp(NOON + timedelta(seconds=59), 1)
    assert stamp(NOON, 1) != stamp(NOON + timedelta(seconds=60), 1)
    assert stamp(NOON, 1) != stamp(NOON, 2)
