"""The test dialog and the try beside the create form, in a real Chromium with the real pump."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from signals_app.models import Classification, Signal, Trial
from signals_app.queue import working
from teams.models import Project
from tests.entering import enter
from tests.server import WebServer
from tests.signals_app.labelled import new_signal
from tests.signals_app.pages.test_signals_in_the_browser import is_trouble
from tests.signals_app.pages.test_versions_page import next_version
from tests.traces.arrivals import arrive, member, new_project, turn
from traces.models import Agent

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def project(web_server: WebServer) -> Project:
    project = new_project()
    member(project)
    spans = [span for n in range(3) for span in turn(f"t{n}", said=f"This is useless {n}")]
    arrive(project, *spans)
    return project


@pytest.fixture
def signed_in(web_server: WebServer, project: Project, page: Page) -> Iterator[Page]:
    """Fails the test on any error in the console: the CSP reports there too."""
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if is_trouble(said) else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    enter(page, web_server.url, project.team.members.get())
    yield page
    assert troubles == []


def pump() -> None:
    """In a thread: the browser's event loop runs in this one."""

    def run() -> None:
        try:
            working.pump_for_a_while(3.0)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def label(name: str) -> dict[str, str]:
    return {"name": name, "sentiment": "positive", "meaning": ""}


def answer(trial: Trial, *labels: str) -> None:
    """As if the judge had said these, the newest target first, and was done."""
    for position, name in enumerate(labels):
        said = {"outcome": "labelled", "label": name, "explanation": f"The judge says {name}."}
        trial.results.filter(position=position).update(**said)
    Trial.objects.filter(pk=trial.pk).update(state="done")


def test_a_signal_is_tested_marked_and_tested_again_in_its_dialog(
    signed_in: Page, project: Project
) -> None:
    signal = new_signal(Agent.objects.get())
    signed_in.goto(f"{signed_in.url}{signal.uuid}/")
    signed_in.get_by_role("link", name="Test", exact=True).click()
    dialog = signed_in.get_by_role("dialog")
    dialog.get_by_role("button", name="Test", exact=True).click()
    expect(dialog.get_by_text("0 of 3 judged")).to_be_visible()
    pump()
    expect(dialog.get_by_text("3 of 3 judged")).to_be_visible()
    expect(dialog.get_by_text("3 of 3", exact=True)).to_be_visible()
    dialog.get_by_label("Right label of row 2").select_option("false")
    expect(dialog.get_by_text("2 of 3", exact=True)).to_be_visible()
    dialog.get_by_label("Change the question").fill("Is the user cross?")
    dialog.get_by_role("button", name="Test on the same 3").click()
    expect(dialog.get_by_text("Tried again on the same targets")).to_be_visible()
    dialog.get_by_role("button", name="Cancel test").click()
    expect(dialog.get_by_text("0 of 3 judged, then cancelled")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    assert not Classification.objects.exists()
    assert list(signal.versions.values_list("number", flat=True)) == [1]


def test_the_unsaved_form_is_tried_beside_itself(signed_in: Page, project: Project) -> None:
    signed_in.goto(f"{signed_in.url}new/?template=user_frustration")
    signed_in.get_by_label("Name", exact=True).fill("Still typing")
    signed_in.get_by_label("Newest targets").fill("2")
    signed_in.get_by_role("button", name="Try it on recent traffic").click()
    expect(signed_in.get_by_text("0 of 2 judged")).to_be_visible()
    pump()
    again = signed_in.get_by_role("button", name="Try the form again on these 2")
    expect(again).to_be_visible()
    signed_in.get_by_label("Question to the judge").fill("Is the user cross?")
    again.click()
    expect(signed_in.get_by_text("Tried again on the same targets")).to_be_visible()
    expect(signed_in.get_by_label("Name", exact=True)).to_have_value("Still typing")
    first, second = Trial.objects.order_by("pk")
    assert (second.before, second.prompt) == (first, "Is the user cross?")
    assert not Signal.objects.exists()


def test_what_cannot_be_tried_is_said_at_its_field(signed_in: Page, project: Project) -> None:
    signed_in.goto(f"{signed_in.url}new/?template=user_frustration")
    signed_in.get_by_label("Question to the judge").fill("")
    signed_in.get_by_role("button", name="Try it on recent traffic").click()
    field = signed_in.get_by_label("Question to the judge")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field.locator("+ .error")).to_have_text("Say what the judge should decide.")


def test_two_versions_are_compared_from_the_tab_to_the_flips(
    signed_in: Page, project: Project
) -> None:
    signal = new_signal(Agent.objects.get())
    next_version(signal, type="string", labels=[label(name) for name in ("cross", "calm")])
    next_version(signal, prompt="Is the user cross, all in all?")
    signed_in.goto(f"{signed_in.url}{signal.uuid}/versions/")
    signed_in.get_by_role("link", name="Compare two versions").click()
    before = signed_in.get_by_label("Version", exact=True)
    after = signed_in.get_by_label("Compared with")
    expect(before).to_have_value("2")
    expect(after).to_have_value("3")
    before.select_option("1")
    expect(signed_in.get_by_text("version 1 and version 3")).to_be_visible()
    expect(signed_in).to_have_url(re.compile("before=1&after=3"))
    signed_in.get_by_label("Newest targets").fill("2")
    signed_in.get_by_role("button", name="Compare on 2 traces").click()
    expect(signed_in.get_by_text("0 of 4 judged")).to_be_visible()
    expect(signed_in.get_by_text("Only version 1 knows “true”, “false”.")).to_be_visible()
    answer(Trial.objects.get(before=None), "true", "false")
    answer(Trial.objects.get(before__isnull=False), "cross", "calm")
    expect(signed_in.get_by_text("4 of 4 judged")).to_be_visible()
    expect(signed_in.get_by_text("0 of 2", exact=True)).to_be_visible()
    rows = signed_in.locator(".compare-rows tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("The judge says true.")
    expect(rows.first).to_contain_text("The judge says cross.")
    expect(signed_in.get_by_role("button", name="Cancel comparison")).to_have_count(0)
    with signed_in.context.expect_page() as opened:
        rows.first.get_by_role("link").click()
    expect(opened.value).to_have_url(re.compile("/traces/"))
    assert not Classification.objects.exists()


def test_a_comparison_runs_through_the_pump_and_is_cancelled(
    signed_in: Page, project: Project
) -> None:
    signal = new_signal(Agent.objects.get())
    next_version(signal, prompt="Is the user cross, all in all?")
    signed_in.goto(f"{signed_in.url}{signal.uuid}/compare/")
    signed_in.get_by_role("button", name="Compare on 3 traces").click()
    pump()
    expect(signed_in.get_by_text("6 of 6 judged")).to_be_visible()
    expect(signed_in.get_by_text("No flips: both gave the same label to all 3.")).to_be_visible()
    signed_in.get_by_role("link", name="All 3", exact=True).click()
    expect(signed_in.locator(".compare-rows tbody tr")).to_have_count(3)
    signed_in.get_by_role("link", name="Compare again").click()
    signed_in.get_by_role("button", name="Compare on 3 traces").click()
    signed_in.get_by_role("button", name="Cancel comparison").click()
    expect(signed_in.get_by_text("0 of 6 judged, then cancelled")).to_be_visible()
