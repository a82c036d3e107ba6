"""Undo in the toasts: what was just done by hand is taken back by one plain form."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from signals_app.models import JudgeJob, Signal
from signals_app.runs import runs
from teams.models import Project
from tests.signals_app.labelled import new_signal
from tests.signals_app.pages.test_versions_page import next_version
from tests.signals_app.signals.test_creating_a_signal import as_sent, filled
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = new_project()
    arrive(project, *turn("a"), *turn("b"))
    return project


@pytest.fixture
def signal(project: Project) -> Signal:
    return new_signal(Agent.objects.get(project=project), scope="trace")


@pytest.fixture
def writer(project: Project) -> Client:
    """As strict as a browser: what is posted without its token is refused."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(member(project))
    client.get("/", follow=True)
    return client


class Toast(HTMLParser):
    """The form in a toast: where it is posted to, and its hidden fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.url = ""
        self.fields: dict[str, str] = {}
        self.page = page
        self.feed(page.partition('id="toasts"')[2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            assert given["method"] == "post"
            self.url = given["action"] or ""
        elif tag == "input":
            self.fields[given["name"] or ""] = given["value"] or ""


def url_of(signal: Signal, path: str = "") -> str:
    return f"/p/{signal.project.slug}/signals/{signal.uuid}/{path}"


def posted(client: Client, url: str, **fields: Any) -> Toast:
    """What the page says after a form of the page was sent."""
    sent = fields | {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    return Toast(client.post(url, sent, follow=True).content.decode())


def undone(client: Client, toast: Toast) -> Toast:
    """By what stands in the form alone, its token included."""
    return Toast(client.post(toast.url, toast.fields, follow=True).content.decode())


def state_of(signal: Signal) -> str:
    signal.refresh_from_db()
    return signal.state


def waiting(signal: Signal, n: int) -> None:
    assert signal.live_version is not None
    now = timezone.now()
    started = runs.start(signal, now - timedelta(days=1), now, 1.0, None, now)
    runs.feed(now)
    assert JudgeJob.objects.filter(run_id=started.pk).count() == n


def test_a_pause_is_undone(writer: Client, signal: Signal) -> None:
    toast = posted(writer, url_of(signal, "pause/"))
    assert state_of(signal) == "paused"
    assert toast.url == url_of(signal, "resume/")
    assert "stays unjudged" not in toast.page
    assert "judges again" in undone(writer, toast).page
    assert state_of(signal) == "active"


def test_the_undo_of_a_pause_says_that_what_was_dropped_does_not_come_back(
    writer: Client, signal: Signal
) -> None:
    waiting(signal, 2)
    toast = posted(writer, url_of(signal, "pause/"))
    assert "2 waiting targets were dropped unjudged." in toast.page
    assert "1 manual run was cancelled." in toast.page
    assert "What was dropped stays unjudged." in toast.page
    undone(writer, toast)
    assert not JudgeJob.objects.exists()


@pytest.mark.parametrize("is_draft", [True, False])
def test_an_activation_is_undone_by_a_pause(writer: Client, signal: Signal, is_draft: bool) -> None:
    Signal.objects.filter(pk=signal.pk).update(state="draft" if is_draft else "paused")
    toast = posted(writer, url_of(signal, "activate/"))
    assert toast.url == url_of(signal, "pause/")
    assert ("is no draft again" in toast.page) == is_draft
    undone(writer, toast)
    assert state_of(signal) == "paused"


def test_a_new_signal_is_paused_again(writer: Client, project: Project) -> None:
    agent = Agent.objects.get(project=project)
    toast = posted(writer, f"/p/{project.slug}/signals/create/", **filled(agent))
    undone(writer, toast)
    assert state_of(Signal.objects.get()) == "paused"
    draft = posted(writer, f"/p/{project.slug}/signals/save-draft/", **filled(agent, name="B"))
    assert draft.url == ""


def test_an_archive_is_undone_under_the_same_name(writer: Client, signal: Signal) -> None:
    toast = posted(writer, url_of(signal, "archive/"))
    assert state_of(signal) == "archived"
    assert "Undo brings it back, paused." in toast.page
    assert "is back, paused" in undone(writer, toast).page
    assert (state_of(signal), signal.name) == ("paused", "User frustration")


def test_the_undo_of_an_archive_asks_for_another_name_where_its_own_was_taken(
    writer: Client, signal: Signal
) -> None:
    toast = posted(writer, url_of(signal, "archive/"))
    new_signal(signal.agent, scope="trace")
    assert "has a signal of this name already" in undone(writer, toast).page
    assert state_of(signal) == "archived"


def test_an_edit_is_undone_by_a_version_that_asks_what_was_asked_before(
    writer: Client, signal: Signal
) -> None:
    first = signal.live_version
    assert first is not None
    form = writer.get(url_of(signal, "edit/")).context["form"]
    sent = as_sent(form) | {"prompt": "Strictly?", "name": "Anew"}
    toast = posted(writer, url_of(signal, "edit/save/"), **sent)
    assert "Version 2 is live." in toast.page
    assert (
        "Undo makes version 3, which asks what version 1 asked. The new name stays." in toast.page
    )
    again = undone(writer, toast)
    signal.refresh_from_db()
    assert signal.live_version is not None
    assert (signal.live_version.number, signal.live_version.prompt) == (3, first.prompt)
    assert signal.name == "Anew"
    undone(writer, again)
    signal.refresh_from_db()
    assert signal.live_version is not None
    assert (signal.live_version.number, signal.live_version.prompt) == (4, "Strictly?")


def test_an_edit_of_the_name_alone_makes_no_version_to_undo(writer: Client, signal: Signal) -> None:
    sent = as_sent(writer.get(url_of(signal, "edit/")).context["form"]) | {"name": "Anew"}
    assert posted(writer, url_of(signal, "edit/save/"), **sent).url == ""


def test_an_undo_never_goes_over_a_version_that_somebody_made_meanwhile(
    writer: Client, signal: Signal
) -> None:
    next_version(signal, prompt="Strictly?")
    toast = posted(writer, url_of(signal, "versions/1/again/"))
    next_version(signal, prompt="By somebody else?")
    after = undone(writer, toast)
    assert "Version 4 was made meanwhile. It stays live, and nothing was undone." in after.page
    signal.refresh_from_db()
    assert signal.live_version is not None
    assert signal.live_version.prompt == "By somebody else?"


def test_an_undo_of_no_version_is_refused(writer: Client, signal: Signal) -> None:
    next_version(signal, prompt="Strictly?")
    token = writer.cookies["csrftoken"].value
    sent = {"live": "x", "csrfmiddlewaretoken": token}
    response = writer.post(url_of(signal, "versions/1/again/"), sent)
    assert response.status_code == 422
    assert "nothing was" in response.content.decode()
    assert signal.versions.count() == 2


def test_what_could_not_be_done_has_nothing_to_undo(writer: Client, signal: Signal) -> None:
    posted(writer, url_of(signal, "archive/"))
    toast = posted(writer, url_of(signal, "activate/"))
    assert "cannot be activated" in toast.page
    assert toast.url == ""


def test_the_name_of_a_signal_is_text_in_the_undo_too(writer: Client, signal: Signal) -> None:
    name = '"><script>alert(1)</script>'
    Signal.objects.filter(pk=signal.pk).update(name=name)
    toast = posted(writer, url_of(signal, "archive/"))
    assert "<script>alert" not in toast.page
    assert toast.fields["name"] == name
