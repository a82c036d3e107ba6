"""The page of all alerts: what a row says, filters, order, paging, its fragment, who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import states
from alerts.models import Alert, Destination
from alerts.muting import mutes
from signals_app.models import Signal
from teams.models import Project, User
from tests.alerts.watched import alert_of, delivery_of, firing_of
from tests.html import html_of
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import arrive, member, new_project, turn

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(project: Project) -> User:
    return member(project, "viewer")


@pytest.fixture
def there(client: Client, reader: User) -> Client:
    client.force_login(reader)
    return client


def names(client: Client, project: Project, query: str = "") -> list[str]:
    response = client.get(f"/p/{project.slug}/alerts/{query}")
    assert response.status_code == 200
    return [row.alert.name for row in response.context["rows"]]


def stands(alert: Alert, standing: str, **more: object) -> Alert:
    Alert.objects.filter(pk=alert.pk).update(standing=standing, **more)
    return alert


def test_a_row_says_what_is_watched_how_it_stands_and_when_it_fired(
    there: Client, project: Project, signal: Signal
) -> None:
    now = timezone.now()
    alert = stands(alert_of(signal, name="Rise"), "met", value=0.3, labels=40, evaluated_at=now)
    firing_of(alert, now - timedelta(hours=2))
    firing_of(alert, now - timedelta(days=8))
    response = there.get(f"/p/{project.slug}/alerts/")
    row = response.context["rows"][0]
    assert (row.standing.word, row.value, row.firings) == ("Firing", "30.0 % of 40", 1)
    assert row.last_fired == now - timedelta(hours=2)
    page = html_of(response)
    for text in (
        "True rate up by 20 % over 5m",
        "User frustration",
        "2 h ago",
        "?range=7d#firings",
    ):
        assert text in page


def test_the_reason_stands_beside_the_standing(
    there: Client, project: Project, signal: Signal
) -> None:
    stands(alert_of(signal, name="A"), "asleep", standing_reason="The signal is paused.")
    stands(alert_of(signal, name="B"), "held")
    states.pause(alert_of(signal, name="C"))
    rows = there.get(f"/p/{project.slug}/alerts/?sort=name").context["rows"]
    assert [(row.standing.word, row.standing.reason.partition(":")[0]) for row in rows] == [
        ("Asleep", "The signal is paused."),
        ("Held back", "The number is there, but chance alone could have made it"),
        ("Paused", "Nobody is told until it is resumed."),
    ]


def test_what_is_wrong_with_its_channels_stands_on_the_row(
    there: Client, project: Project, signal: Signal
) -> None:
    alert = alert_of(signal)
    dead = {"paused_at": timezone.now(), "paused_reason": "The channel is gone."}
    Destination.objects.create(alert=alert, kind="slack", address="C1", **dead)
    delivery_of(firing_of(alert), state="failed")
    page = html_of(there.get(f"/p/{project.slug}/alerts/"))
    assert "Slack: The channel is gone." in page
    assert "1 message was not delivered in the last 7 days." in page


def test_it_filters(there: Client, project: Project, signal: Signal, reader: User) -> None:
    other = new_signal(signal.agent, name="Tone")
    stands(alert_of(signal, name="Hot"), "met")
    mutes.mute(alert_of(signal, name="Muted"), reader)
    states.pause(alert_of(other, name="Still"))
    states.archive(alert_of(other, name="Gone"))
    stands(alert_of(other, name="Odd"), "broken")
    assert sorted(names(there, project)) == ["Hot", "Muted", "Odd", "Still"]
    assert names(there, project, "?standing=met") == ["Hot"]
    assert names(there, project, "?standing=attention") == ["Odd"]
    assert names(there, project, "?muted=yes") == ["Muted"]
    assert sorted(names(there, project, "?muted=no")) == ["Hot", "Odd", "Still"]
    assert names(there, project, "?state=paused") == ["Still"]
    assert names(there, project, "?state=archived") == ["Gone"]
    assert sorted(names(there, project, f"?signal={other.uuid}")) == ["Odd", "Still"]
    assert names(there, project, "?q=HO") == ["Hot"]
    assert sorted(names(there, project, "?q=tone")) == ["Odd", "Still"]


def test_what_others_muted_is_not_muted(there: Client, project: Project, signal: Signal) -> None:
    mutes.mute(alert_of(signal), member(project, email="bob@example.org"))
    assert names(there, project, "?muted=yes") == []


def test_what_wants_a_look_comes_first_and_columns_sort(
    there: Client, project: Project, signal: Signal
) -> None:
    now = timezone.now()
    quiet = stands(alert_of(signal, name="A quiet"), "not_met", evaluated_at=now)
    hot = stands(alert_of(signal, name="B hot"), "met", evaluated_at=now - timedelta(hours=1))
    firing_of(hot, now - timedelta(days=1))
    firing_of(quiet, now - timedelta(hours=1))
    firing_of(quiet, now - timedelta(hours=2))
    never = alert_of(signal, name="C new")
    assert names(there, project) == ["B hot", "A quiet", never.name]
    assert names(there, project, "?sort=name") == ["A quiet", "B hot", "C new"]
    assert names(there, project, "?sort=-name") == ["C new", "B hot", "A quiet"]
    assert names(there, project, "?sort=fired") == ["A quiet", "B hot", "C new"]
    assert names(there, project, "?sort=-fired") == ["B hot", "A quiet", "C new"]
    assert names(there, project, "?sort=-firings") == ["A quiet", "B hot", "C new"]
    assert names(there, project, "?sort=evaluated")[0] == "A quiet"


GONE = f"?older={'0' * 32}"


@pytest.mark.parametrize("query", ["?sort=nonsense", "?state=x", "?signal=x", "?older=0", GONE])
def test_bad_input_falls_back_and_says_so(
    there: Client, project: Project, signal: Signal, query: str
) -> None:
    alert_of(signal, name="There")
    assert names(there, project, query) == ["There"]
    page = html_of(there.get(f"/p/{project.slug}/alerts/{query}"))
    assert ("A filter was left out" in page) == (query != GONE)


def test_it_has_pages(there: Client, project: Project, signal: Signal) -> None:
    for n in range(51):
        alert_of(signal, name=f"N{n:02}")
    first = names(there, project, "?sort=name")
    assert (len(first), first[0]) == (50, "N00")
    page = there.get(f"/p/{project.slug}/alerts/?sort=name").context["page"]
    assert names(there, project, f"?sort=name&older={page.place.older}") == ["N50"]
    last = there.get(f"/p/{project.slug}/alerts/?sort=name&older={page.place.older}").context[
        "page"
    ]
    assert names(there, project, f"?sort=name&newer={last.place.newer}") == first
    assert "51 alerts" in html_of(there.get(f"/p/{project.slug}/alerts/"))


def queries(client: Client, project: Project) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(f"/p/{project.slug}/alerts/").status_code == 200
    return len(seen)


def test_more_alerts_ask_no_more_questions(there: Client, project: Project, signal: Signal) -> None:
    firing_of(alert_of(signal))
    queries(there, project)  # the session remembers the project
    few = queries(there, project)
    for n in range(20):
        other = new_signal(signal.agent, name=f"S{n}")
        alert = alert_of(other, name=f"A{n}")
        delivery_of(firing_of(alert), state="failed")
        dead = {"paused_at": timezone.now(), "paused_reason": "gone"}
        Destination.objects.create(alert=alert, kind="webhook", address="https://x", **dead)
    assert queries(there, project) == few


def test_the_fragment_is_the_table_alone(there: Client, project: Project, signal: Signal) -> None:
    alert_of(signal)
    headers = {"HX-Request": "true", "HX-Target": "alerts-table"}
    page = html_of(there.get(f"/p/{project.slug}/alerts/", headers=headers))
    assert page.lstrip().startswith('<section id="alerts-table"')


def test_a_reader_sees_no_button_that_changes(
    there: Client, client: Client, project: Project, signal: Signal
) -> None:
    alert = alert_of(signal)
    page = html_of(there.get(f"/p/{project.slug}/alerts/"))
    assert f"/alerts/{alert.uuid}/mute/" in page
    assert f"/alerts/{alert.uuid}/pause/" not in page
    assert "Add alert" not in page
    client.force_login(member(project, email="bob@example.org"))
    page = html_of(client.get(f"/p/{project.slug}/alerts/"))
    assert f"/alerts/{alert.uuid}/pause/" in page
    assert "Add alert" in page


def test_without_alerts_it_says_what_to_watch(client: Client, project: Project) -> None:
    client.force_login(member(project))
    page = html_of(client.get(f"/p/{project.slug}/alerts/"))
    assert "There is no signal to watch yet" in page
    arrive(project, *turn("a"))
    signal = new_signal(new_agent(project, "other"))
    page = html_of(client.get(f"/p/{project.slug}/alerts/"))
    assert "Nobody is told yet" in page
    assert f"/alerts/new/?signal={signal.uuid}" in page
    assert "True rate up by 20 %" in page


def test_filters_that_leave_nothing_say_so(there: Client, project: Project, signal: Signal) -> None:
    alert_of(signal)
    page = html_of(there.get(f"/p/{project.slug}/alerts/?q=zzz"))
    assert "No alert is left by these filters." in page


def test_a_stranger_finds_nothing_and_nobody_posts(there: Client, project: Project) -> None:
    other = new_project("Others")
    assert there.get(f"/p/{other.slug}/alerts/").status_code == 404
    assert there.post(f"/p/{project.slug}/alerts/").status_code == 405
