"""Pausing, archiving and muting: what each leaves, what it refuses, and who may."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from alerts import states
from alerts.models import Alert, AlertMute
from alerts.muting import mutes
from teams.models import Project
from tests.alerts.watched import alert_of, firing_of
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db
VERBS = ("pause", "resume", "archive", "restore")


@pytest.fixture
def alert() -> Alert:
    return alert_of(new_signal(new_agent(new_project())), name="Rise")


@pytest.fixture
def writer(client: Client, alert: Alert) -> Client:
    client.force_login(member(alert.project))
    return client


def url(alert: Alert, verb: str) -> str:
    return f"/p/{alert.project.slug}/alerts/{alert.uuid}/{verb}/"


def state_of(alert: Alert) -> str:
    alert.refresh_from_db()
    return alert.state


def test_a_paused_alert_has_forgotten_what_it_saw(alert: Alert) -> None:
    now = timezone.now()
    Alert.objects.filter(pk=alert.pk).update(standing="met", met_at=now, fired_at=now)
    states.pause(alert)
    assert state_of(alert) == "paused"
    assert (alert.standing, alert.met_at, alert.fired_at) == ("new", None, None)


def test_pausing_twice_is_pausing_once(alert: Alert) -> None:
    states.pause(alert)
    states.pause(alert)
    assert state_of(alert) == "paused"
    states.resume(alert)
    states.resume(alert)
    assert state_of(alert) == "on"


def test_archiving_keeps_the_firings_and_restoring_tells_nobody_yet(alert: Alert) -> None:
    firing_of(alert)
    states.archive(alert)
    assert alert.firings.count() == 1
    states.restore(alert)
    assert state_of(alert) == "paused"


def test_what_leads_nowhere_is_refused_with_a_sentence(alert: Alert) -> None:
    with pytest.raises(states.CannotChange, match="Only an archived"):
        states.restore(alert)
    states.archive(alert)
    with pytest.raises(states.CannotChange, match="Restore"):
        states.resume(alert)
    with pytest.raises(states.CannotChange, match="already"):
        states.archive(alert)
    alert_of(alert.signal, name="Rise")
    with pytest.raises(states.CannotChange, match="has its name now"):
        states.restore(alert)


def test_each_button_does_it_and_comes_back(writer: Client, alert: Alert) -> None:
    for verb, state in zip(VERBS, ("paused", "on", "archived", "paused"), strict=True):
        response = writer.post(url(alert, verb))
        assert response["Location"] == f"/p/{alert.project.slug}/alerts/{alert.uuid}/"
        assert state_of(alert) == state


def undo_of(page: str) -> str:
    """The form in the toast."""
    return page.partition('class="toasts"')[2].partition("</form>")[0]


@pytest.mark.parametrize(
    ("verb", "back"), [("pause", "resume"), ("archive", "restore"), ("mute", "unmute")]
)
def test_what_was_done_by_hand_can_be_undone_where_it_was_done(
    writer: Client, alert: Alert, verb: str, back: str
) -> None:
    response = writer.post(url(alert, verb), {"back": "list"}, follow=True)
    assert response.redirect_chain[-1][0] == f"/p/{alert.project.slug}/alerts/"
    undo = undo_of(response.content.decode())
    assert f'action="{url(alert, back)}"' in undo
    assert '<input type="hidden" name="back" value="list">' in undo
    assert 'name="back"' not in undo_of(writer.post(url(alert, back), follow=True).content.decode())


def test_a_name_cannot_carry_markup_into_the_toast(writer: Client, alert: Alert) -> None:
    Alert.objects.filter(pk=alert.pk).update(name="<b>x</b>")
    page = writer.post(url(alert, "archive"), {"back": "list"}, follow=True).content.decode()
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_a_refusal_is_said_on_the_page(writer: Client, alert: Alert) -> None:
    page = writer.post(url(alert, "restore"), follow=True).content.decode()
    assert "Only an archived alert can be restored." in page


def test_a_reader_mutes_for_herself_and_changes_nothing_else(client: Client, alert: Alert) -> None:
    reader = member(alert.project, "viewer")
    client.force_login(reader)
    for verb in VERBS:
        assert client.post(url(alert, verb)).status_code == 403
    client.post(url(alert, "mute"))
    client.post(url(alert, "mute"))
    assert AlertMute.objects.get().user == reader
    other = member(alert.project, email="bob@example.org")
    assert not mutes.is_muted(alert, other)
    client.post(url(alert, "unmute"))
    assert not mutes.is_muted(alert, reader)


@pytest.mark.parametrize("verb", [*VERBS, "mute", "unmute"])
def test_a_look_changes_nothing_and_a_stranger_finds_nothing(
    writer: Client, alert: Alert, verb: str
) -> None:
    assert writer.get(url(alert, verb)).status_code == 405
    other: Project = new_project("Others")
    foreign = alert_of(new_signal(new_agent(other)))
    assert writer.post(url(foreign, verb)).status_code == 404
    mixed = f"/p/{alert.project.slug}/alerts/{foreign.uuid}/{verb}/"
    assert writer.post(mixed).status_code == 404
