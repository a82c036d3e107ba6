"""A colleague gets in and out again, in two real browsers over the real server: invited by a link,
makes an account with it, looks as a viewer, is removed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.entering import enter
from tests.server import WebServer
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: What a signal's page offers whoever may change it.
WRITE_BUTTONS = ("Edit", "Pause", "Archive", "New run", "Test", "Create alert")


@pytest.fixture
def other(browser: Browser) -> Iterator[Page]:
    """A tab of somebody else, with cookies of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def test_a_colleague_is_invited_looks_is_less_and_is_out(
    page: Page, other: Page, web_server: WebServer
) -> None:
    project = new_project("Shop")
    signal = new_signal(new_agent(project))
    enter(page, web_server.url, member(project, "owner", "olga@example.org"))
    members = f"{web_server.url}/p/{project.slug}/settings/members/"
    page.goto(members)
    page.get_by_label("For whom").fill("Vic")
    page.get_by_label("Role", exact=True).select_option("member")
    page.get_by_role("button", name="Invite").click()
    address = page.locator("#secret").inner_text()
    path = re.sub(r"^https?://[^/]+", "", address)

    other.goto(web_server.url + path)
    expect(other.get_by_role("heading", name="Join Shop team")).to_be_visible()
    other.get_by_role("button", name="Make an account and join").click()
    other.get_by_label("E-mail address").fill("vic@example.org")
    other.get_by_label("Password").fill("a-long-enough-one")
    other.get_by_role("button", name="Make an account").click()
    expect(other).to_have_url(re.compile(rf"/p/{project.slug}/signals/"))
    other.get_by_role("link", name=signal.name).first.click()
    expect(other.get_by_role("link", name="Edit", exact=True)).to_be_visible()
    signal_url = other.url

    page.goto(members)
    role = page.get_by_label("Role of vic@example.org", exact=True)
    expect(role).to_have_value("member")
    role.select_option("viewer")
    page.get_by_role("button", name="Save the role of vic@example.org").click()
    expect(page.get_by_label("Role of vic@example.org", exact=True)).to_have_value("viewer")

    other.goto(signal_url)
    expect(other.get_by_role("heading", name=signal.name)).to_be_visible()
    for name in WRITE_BUTTONS:
        expect(other.get_by_role("link", name=name, exact=True)).to_have_count(0)
        expect(other.get_by_role("button", name=name, exact=True)).to_have_count(0)
    other.goto(f"{signal_url.partition('?')[0]}edit/")
    expect(other.get_by_text("your role does not let you change it")).to_be_visible()

    page.get_by_role("link", name="Remove vic@example.org").click()
    page.get_by_role("button", name="Remove from the team").click()
    expect(page.get_by_text("vic@example.org is out of the team.")).to_be_visible()
    response = other.goto(signal_url)
    assert response is not None
    assert response.status == 404
    expect(other.get_by_text("Nothing here")).to_be_visible()
    other.goto(web_server.url + path)
    expect(other.get_by_text("This link lets nobody in")).to_be_visible()


def test_a_deleted_project_is_restored(page: Page, web_server: WebServer) -> None:
    project = new_project("Shop")
    enter(page, web_server.url, member(project, "owner", "olga@example.org"))
    page.goto(f"{web_server.url}/p/{project.slug}/settings/")
    page.get_by_role("link", name="Delete Shop").click()
    page.get_by_label("Name of the project").fill("Shop")
    page.get_by_role("button", name="Delete project").click()
    page.get_by_role("button", name="Restore Shop").click()
    expect(page).to_have_url(re.compile(rf"/p/{project.slug}/signals/"))
