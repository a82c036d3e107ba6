"""Activate, pause and resume from the page: who may, what is said, where one lands."""

from __future__ import annotations

import pytest
from django.test import Client

from signals_app.models import Signal
from teams.models import Project
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db
VERBS = ("activate", "pause", "resume")


@pytest.fixture
def signal(project: Project) -> Signal:
    return new_signal(new_agent(project), active=False)


def url_of(signal: Signal, verb: str) -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/{verb}/"


def test_a_member_activates_pauses_and_resumes(
    client: Client, project: Project, signal: Signal
) -> None:
    client.force_login(member(project))
    states = []
    for verb in VERBS:
        response = client.post(url_of(signal, verb), follow=True)
        assert response.redirect_chain[0][0] == f"/p/{project.slug}/signals/{signal.uuid}/"
        signal.refresh_from_db()
        states.append(signal.state)
    assert states == ["active", "paused", "active"]
    assert "judges again what settles from now on" in response.content.decode()


def test_the_chosen_range_holds_on_the_pages_of_a_signal_and_over_its_buttons(
    client: Client, project: Project, signal: Signal
) -> None:
    client.force_login(member(project))
    here = f"/p/{project.slug}/signals/{signal.uuid}/"
    page = client.get(f"{here}?range=1h").content.decode()
    for other in ("versions", "edit", "runs", "runs/new", "why", "archive"):
        assert f'href="{here}{other}/?range=1h"' in page
        back = client.get(f"{here}{other}/?range=1h").content.decode()
        assert f'href="{here}?range=1h"' in back
    assert f'action="{here}activate/?range=1h"' in page
    response = client.post(url_of(signal, "activate") + "?range=1h")
    assert response.headers["Location"] == f"{here}?range=1h"


def test_what_cannot_be_is_said_and_changes_nothing(
    client: Client, project: Project, signal: Signal
) -> None:
    client.force_login(member(project))
    page = client.post(url_of(signal, "pause"), follow=True).content.decode()
    signal.refresh_from_db()
    assert signal.state == "draft"
    assert "Only an active signal can be paused" in page


@pytest.mark.parametrize("verb", VERBS)
def test_a_reader_is_refused(client: Client, project: Project, signal: Signal, verb: str) -> None:
    client.force_login(member(project, "viewer"))
    assert client.post(url_of(signal, verb)).status_code == 403
    signal.refresh_from_db()
    assert signal.state == "draft"


@pytest.mark.parametrize("verb", VERBS)
def test_a_stranger_finds_nothing(client: Client, signal: Signal, verb: str) -> None:
    client.force_login(member(new_project("Theirs")))
    assert client.post(url_of(signal, verb)).status_code == 404


@pytest.mark.parametrize("verb", VERBS)
def test_looking_changes_nothing(
    client: Client, project: Project, signal: Signal, verb: str
) -> None:
    client.force_login(member(project))
    assert client.get(url_of(signal, verb)).status_code == 405


def test_a_reader_sees_no_buttons(client: Client, project: Project, signal: Signal) -> None:
    client.force_login(member(project, "viewer"))
    page = client.get(f"/p/{project.slug}/signals/{signal.uuid}/").content.decode()
    assert "Activate signal" not in page
