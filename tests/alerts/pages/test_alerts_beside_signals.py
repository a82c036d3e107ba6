"""What the pages of a signal and of an agent say about alerts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import states
from alerts.models import Alert
from signals_app.models import Signal
from tests.alerts.watched import alert_of, firing_of
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def signal() -> Signal:
    signal = new_signal(new_agent(new_project()))
    label(signal, "true", 40)
    return signal


@pytest.fixture
def writer(client: Client, signal: Signal) -> Client:
    client.force_login(member(signal.project))
    return client


def page_of(client: Client, signal: Signal) -> str:
    return client.get(f"/p/{signal.project.slug}/signals/{signal.uuid}/").content.decode()


def test_a_signal_says_how_many_watch_it_and_how_many_fire(writer: Client, signal: Signal) -> None:
    assert "Add alert" in page_of(writer, signal)
    Alert.objects.filter(pk=alert_of(signal).pk).update(standing="met")
    alert_of(signal)
    states.archive(alert_of(signal))
    page = page_of(writer, signal)
    assert (
        f'href="/p/{signal.project.slug}/alerts/?signal={signal.uuid}">2 alerts, 1 firing' in page
    )
    assert f"/alerts/new/?signal={signal.uuid}" in page


def test_the_way_to_its_alerts_and_back_keeps_the_range(writer: Client, signal: Signal) -> None:
    alert, place = alert_of(signal), f"/p/{signal.project.slug}"
    page, watched = f"{place}/signals/{signal.uuid}/", f"{place}/alerts/{alert.uuid}/"
    for start, link in [
        (page, f"{place}/alerts/?signal={signal.uuid}&amp;range=24h"),
        (f"{place}/alerts/", f"{page}?range=24h"),
        (f"{place}/alerts/", f"{watched}?range=24h"),
        (watched, f"{page}?range=24h"),
        (f"{watched}edit/", f"{page}?range=24h"),
    ]:
        assert f'href="{link}"' in writer.get(f"{start}?range=24h").content.decode(), start


def test_an_archived_signal_offers_neither_test_nor_alert(writer: Client, signal: Signal) -> None:
    assert "data-opens-test" in page_of(writer, signal)
    Signal.objects.filter(pk=signal.pk).update(state="archived")
    page = page_of(writer, signal)
    assert "Add alert" not in page
    assert "data-opens-test" not in page
    assert "Restore signal" in page


def test_a_paused_alert_fires_nothing(writer: Client, signal: Signal) -> None:
    alert = alert_of(signal)
    Alert.objects.filter(pk=alert.pk).update(standing="met", state="paused")
    page = page_of(writer, signal)
    assert ">1 alert<" in page
    assert "firing" not in page.partition("<main")[2].partition("Labels over time")[0]


def test_a_reader_is_not_asked_to_add_one(client: Client, signal: Signal) -> None:
    client.force_login(member(signal.project, "viewer"))
    assert "Add alert" not in page_of(client, signal)


def test_firings_are_lines_on_the_chart_of_the_signal(writer: Client, signal: Signal) -> None:
    firing_of(alert_of(signal), timezone.now() - timedelta(hours=1))
    firing_of(alert_of(new_signal(signal.agent, name="Other")), timezone.now())
    response = writer.get(f"/p/{signal.project.slug}/signals/{signal.uuid}/")
    shapes = response.context["over_time"]["layout"]["shapes"]
    assert [shape["name"] for shape in shapes] == ["error"]
    assert "red lines: an alert fired" in response.content.decode()


def test_the_cards_of_an_agent_say_so_too_in_one_more_query(writer: Client, signal: Signal) -> None:
    url = f"/p/{signal.project.slug}/agents/{signal.agent.uuid}/signals/"
    alert_of(signal)
    writer.get(url)
    asked = []
    for n in range(2):
        with CaptureQueriesContext(connection) as seen:
            page = writer.get(url).content.decode()
        asked.append(len(seen))
        alert_of(new_signal(signal.agent, name=f"More {n}"))
    assert ">1 alert<" in page
    assert asked[0] == asked[1]
