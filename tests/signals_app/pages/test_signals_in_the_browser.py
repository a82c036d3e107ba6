"""The signals pages in a real Chromium: what only scripts and styles can break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, expect

from signals_app.models import Signal
from teams.models import Project
from tests.entering import enter
from tests.server import WebServer
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Agent

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def is_trouble(said: ConsoleMessage) -> bool:
    """Chromium tells of every 422, which is how a form is refused."""
    return said.type == "error" and "422" not in said.text


@pytest.fixture
def project(web_server: WebServer) -> Project:
    project = new_project()
    member(project)
    return project


@pytest.fixture
def signed_in(web_server: WebServer, project: Project, page: Page) -> Iterator[Page]:
    """Fails the test on any error in the console: the CSP reports there too."""
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if is_trouble(said) else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    sign_in(page, web_server, project)
    yield page
    assert troubles == []


def sign_in(page: Page, web_server: WebServer, project: Project) -> None:
    user = project.team.members.get()
    enter(page, web_server.url, user)


def test_a_live_label_appears_without_reload(signed_in: Page, project: Project) -> None:
    signal = new_signal(new_agent(project))
    signed_in.goto(signed_in.url)
    expect(signed_in.get_by_text("no labels yet").first).to_be_visible()
    signed_in.evaluate("window.untouched = true")
    label(signal, "true", 42)
    expect(signed_in.get_by_role("cell", name="42", exact=True)).to_be_visible(timeout=15_000)
    assert signed_in.evaluate("window.untouched") is True


def test_the_page_of_a_project_without_traffic_changes_when_the_first_trace_arrives(
    signed_in: Page, project: Project
) -> None:
    expect(signed_in.get_by_text("No traces yet")).to_be_visible()
    arrive(project, *turn("a"))
    expect(signed_in.get_by_text("Traffic arrives")).to_be_visible(timeout=15_000)


def test_labels_can_be_added_and_removed_and_a_signal_made(
    signed_in: Page, project: Project
) -> None:
    arrive(project, *(span for n in range(14) for span in turn(f"t{n}")))
    signed_in.goto(f"{signed_in.url}new/?template=task_outcome")
    expect(signed_in.locator("[data-label-row]:visible")).to_have_count(4)
    signed_in.get_by_role("button", name="Remove label 2").click()
    signed_in.get_by_role("button", name="Add label").click()
    signed_in.get_by_label("Name of label 4").fill("handed over")
    signed_in.get_by_label("Each trace").check()
    forecast = signed_in.locator("#forecast dd")
    expect(forecast.first).to_have_text("≈ 2 of 2 traces")
    signed_in.get_by_role("button", name="50 %").click()
    expect(forecast.first).to_have_text("≈ 1 of 2 traces")
    signed_in.get_by_label("Each model call").check()
    expect(forecast.first).to_have_text("≈ 1 of 2 model calls")
    signed_in.get_by_label("Each trace").check()
    expect(forecast.first).to_have_text("≈ 1 of 2 traces")
    signed_in.get_by_role("button", name="Create and activate").click()
    expect(signed_in.get_by_role("heading", name="Task outcome")).to_be_visible()
    version = Signal.objects.get().live_version
    assert version is not None
    assert version.label_names == ["completed", "failed", "abandoned", "handed over"]
    assert version.sample_rate == 0.5


def test_what_was_just_done_is_undone_from_its_toast(signed_in: Page, project: Project) -> None:
    signal = new_signal(new_agent(project))
    signed_in.goto(f"{signed_in.url}{signal.uuid}/")
    signed_in.get_by_role("button", name="Pause signal").click()
    toasts = signed_in.locator("#toasts")
    expect(toasts).to_contain_text("is paused: nothing more is judged.")
    toasts.get_by_role("button", name="Undo").click()
    expect(toasts).to_contain_text("judges again what settles from now on.")
    expect(signed_in.get_by_role("button", name="Pause signal")).to_be_visible()
    toasts.get_by_role("button", name="Close").click()
    expect(toasts.get_by_role("button")).to_have_count(0)


def test_what_was_typed_is_not_lost_unasked(signed_in: Page, project: Project) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    arrive(project, *turn("a", session__id="chat"))
    signed_in.goto(f"{signed_in.url}new/?template=task_outcome")
    signed_in.on("dialog", stay)
    question = signed_in.get_by_label("Question to the judge")
    question.fill("Did it work?")
    signed_in.get_by_role("link", name="NSFW").click()
    signed_in.get_by_role("link", name="Traces", exact=True).click(no_wait_after=True)
    expect(question).to_have_value("Did it work?")
    assert asked == ["confirm", "beforeunload"]
    signed_in.get_by_label("Name", exact=True).fill("")
    signed_in.get_by_role("button", name="Save as draft").click()
    expect(signed_in.get_by_text("Nothing was saved yet.")).to_be_visible()
    expect(question).to_have_value("Did it work?")
    signed_in.get_by_role("link", name="Cancel").click(no_wait_after=True)
    expect(question).to_have_value("Did it work?")
    signed_in.get_by_label("Name", exact=True).fill("Done?")
    signed_in.get_by_role("button", name="Save as draft").click()
    expect(signed_in.get_by_role("heading", name="Done?")).to_be_visible()
    assert asked == ["confirm", "beforeunload", "beforeunload"]


def test_charts_are_drawn_and_follow_the_theme(signed_in: Page, project: Project) -> None:
    signal = new_signal(new_agent(project))
    label(signal, "true", 5)
    signed_in.goto(f"{signed_in.url}{signal.uuid}/")
    expect(signed_in.locator("[data-chart=over-time] .bars .point")).to_have_count(2 * 56)
    slice_ = signed_in.locator("[data-chart=shares] .slice path").first
    signed_in.emulate_media(color_scheme="light")
    expect(slice_).to_have_css("fill", "rgb(207, 68, 18)")
    signed_in.emulate_media(color_scheme="dark")
    expect(slice_).to_have_css("fill", "rgb(244, 118, 59)")


def test_the_chosen_theme_is_remembered(signed_in: Page, project: Project) -> None:
    signed_in.get_by_label("Account and theme").click()
    signed_in.get_by_role("button", name="Theme").click()
    signed_in.reload()
    assert signed_in.evaluate("document.documentElement.dataset.theme") == "light"


def test_the_filters_change_the_table_and_the_address(signed_in: Page, project: Project) -> None:
    agent = new_agent(project)
    new_signal(agent, name="Alpha")
    new_signal(agent, name="Beta", active=False)
    signed_in.goto(signed_in.url)
    signed_in.get_by_label("Search").fill("alp")
    expect(signed_in.get_by_role("link", name="Beta")).to_have_count(0)
    assert "q=alp" in signed_in.url
    signed_in.get_by_label("State").select_option("draft")
    expect(signed_in.get_by_text("No signal is left by these filters.")).to_be_visible()
    signed_in.go_back()
    expect(signed_in.get_by_role("link", name="Alpha")).to_be_visible()


def test_a_signal_can_be_made_without_scripts(
    web_server: WebServer, browser: Browser, project: Project
) -> None:
    new_agent(project)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, web_server, project)
    page.goto(f"{page.url}new/?template=sentiment")
    assert page.locator("[data-label-row]:visible").count() == 10
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("heading", name="Sentiment")).to_be_visible()
    context.close()
    assert Signal.objects.get().state == "draft"
    assert Agent.objects.count() == 1
