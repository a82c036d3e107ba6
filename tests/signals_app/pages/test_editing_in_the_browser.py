"""Editing in a real Chromium: rows of labels, the slider, and the version that comes of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from signals_app.models import Signal
from teams.models import Project
from tests.server import WebServer
from tests.signals_app.labelled import label, new_signal
from tests.signals_app.pages.test_signals_in_the_browser import sign_in
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Agent

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project(web_server: WebServer) -> Project:
    project = new_project()
    member(project)
    arrive(project, *turn("a", session__id="chat"))
    return project


@pytest.fixture
def signed_in(web_server: WebServer, project: Project, page: Page) -> Iterator[Page]:
    """Fails the test on any error in the console: the CSP reports there too."""
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    sign_in(page, web_server, project)
    yield page
    assert troubles == []


def test_an_edit_leads_to_version_2_with_its_diff_its_mark_and_its_labels(
    signed_in: Page, project: Project
) -> None:
    signal = new_signal(Agent.objects.get(), "task_outcome")
    label(signal, "completed", 4)
    signed_in.goto(f"{signed_in.url}{signal.uuid}/")
    signed_in.get_by_role("link", name="Edit").click()
    expect(signed_in.locator("[data-label-row]:visible")).to_have_count(4)
    question = signed_in.get_by_label("Question to the judge")
    question.fill(question.input_value() + "\nWhen unsure, say partial.")
    signed_in.get_by_role("button", name="Remove label 4").click()
    signed_in.get_by_role("button", name="25 %").click()
    expect(signed_in.locator("#forecast dd").first).to_contain_text("sessions")
    signed_in.get_by_role("button", name="Save").click()
    expect(signed_in.get_by_text("Version 2 is live.")).to_be_visible()
    signal.refresh_from_db()
    label(signal, "partial", 2)

    signed_in.get_by_role("link", name="Versions", exact=True).click()
    newest = signed_in.locator("#version-2")
    expect(newest.get_by_text("live", exact=True)).to_be_visible()
    expect(newest.locator(".diff-added")).to_contain_text("When unsure, say partial.")
    expect(newest.locator(".change-removed")).to_contain_text("abandoned")
    expect(newest.locator(".changed-values")).to_contain_text("25 %")
    newest.get_by_role("link", name="2 labels").click()
    expect(signed_in.locator("#labels tbody tr")).to_have_count(2)
    expect(signed_in.locator("[data-chart=over-time] .annotation")).to_have_text("v2")

    signed_in.get_by_label("Version").select_option("Version 1")
    expect(signed_in.locator("#labels tbody tr")).to_have_count(4)


def test_a_signal_is_archived_and_comes_back(signed_in: Page, project: Project) -> None:
    signal = new_signal(Agent.objects.get())
    signed_in.goto(f"{signed_in.url}{signal.uuid}/")
    signed_in.get_by_role("link", name="Archive").click()
    signed_in.get_by_role("button", name="Archive signal").click()
    expect(signed_in.get_by_role("link", name="Restore signal")).to_be_visible()
    signed_in.get_by_role("link", name="Restore signal").click()
    signed_in.get_by_role("button", name="Restore signal").click()
    expect(signed_in.get_by_role("button", name="Resume signal")).to_be_visible()
    expect(signed_in.locator("#history li")).to_have_count(4)
    assert Signal.objects.get().state == "paused"


def test_sessions_can_be_chosen_only_for_an_agent_that_sends_their_ids(
    signed_in: Page, project: Project
) -> None:
    arrive(project, *turn("b", agent="batch"))
    signed_in.goto(f"{signed_in.url}new/?template=task_outcome")
    session = signed_in.get_by_label("Each session")
    expect(signed_in.get_by_label("Agent", exact=True).locator(":checked")).to_have_text("support")
    expect(session).to_be_checked()
    signed_in.get_by_label("Agent", exact=True).select_option("batch")
    expect(session).to_be_disabled()
    expect(signed_in.get_by_label("Each trace")).to_be_checked()
    expect(signed_in.get_by_text("batch has sent no session id")).to_be_visible()
    signed_in.get_by_label("Agent", exact=True).select_option("support")
    expect(session).to_be_checked()
