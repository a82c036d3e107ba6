"""Pages bring themselves up to date in a real Chromium, and leave the person who reads alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from signals_app.definition import states
from signals_app.models import Signal
from teams.models import Project
from tests.server import WebServer
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.signals_app.pages.test_signals_in_the_browser import sign_in
from tests.traces.arrivals import member, new_project

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROWS = "#labels tbody tr"


@pytest.fixture
def signal(web_server: WebServer) -> Signal:
    project = new_project()
    member(project)
    signal = new_signal(new_agent(project))
    label(signal, "true", 40, explanation="Asks twice, in capitals.")
    return signal


@pytest.fixture
def opened(web_server: WebServer, signal: Signal, page: Page) -> Iterator[Page]:
    """The signal's page; fails the test on any error in the console, and on a reload."""
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    sign_in(page, web_server, project_of(signal))
    page.goto(f"{page.url}{signal.uuid}/")
    page.evaluate("window.untouched = true")
    yield page
    assert page.evaluate("window.untouched") is True
    assert troubles == []


def project_of(signal: Signal) -> Project:
    return signal.project


def look(page: Page) -> None:
    """Come back to the tab: it asks at once, and the answer has been taken over."""
    with page.expect_response(page.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.evaluate("() => new Promise(requestAnimationFrame)")


def drawn(page: Page, chart: str = "over-time") -> list[int]:
    """How many of each label the figure shows now."""
    script = "place => place.data.map(t => (t.y || t.values).reduce((sum, n) => sum + n, 0))"
    found: list[int] = page.locator(f"[data-chart={chart}]").evaluate(script)
    return found


def test_a_signals_page_follows_its_labels(opened: Page, signal: Signal) -> None:
    opened.locator("[data-chart]").first.evaluate("chart => { chart.was = 'there' }")
    expect(opened.locator(ROWS)).to_have_count(40)
    assert drawn(opened) == [40, 0]
    label(signal, "false", 5)
    expect(opened.locator(ROWS)).to_have_count(45, timeout=10_000)
    expect(opened.locator("#tiles")).to_contain_text("45")
    expect(opened.locator("#charts .legend")).to_contain_text("11.1 % · 5")
    assert drawn(opened) == [40, 5]
    assert drawn(opened, "shares") == [45]
    assert opened.locator("[data-chart]").first.evaluate("chart => chart.was") == "there"


def test_the_first_label_draws_the_charts(opened: Page, signal: Signal) -> None:
    other = new_signal(signal.agent, "task_outcome")
    opened.goto(opened.url.replace(str(signal.uuid), str(other.uuid)))
    opened.evaluate("window.untouched = true")
    expect(opened.get_by_text("Why is there nothing here?")).to_be_visible()
    label(other, "completed")
    look(opened)
    expect(opened.locator("[data-chart=over-time] .bars").first).to_be_visible()
    expect(opened.get_by_text("Why is there nothing here?")).to_have_count(0)


def test_selected_text_stays_until_the_reader_is_done(opened: Page, signal: Signal) -> None:
    row = opened.locator(ROWS).nth(3)
    row.locator(".soft").evaluate("text => getSelection().selectAllChildren(text)")
    label(signal, "false")
    look(opened)
    expect(opened.locator("#tiles")).to_contain_text("41")
    assert opened.evaluate("getSelection().toString()") == "Asks twice, in capitals."
    expect(opened.locator(ROWS)).to_have_count(40)
    opened.evaluate("getSelection().removeAllRanges()")
    look(opened)
    expect(opened.locator(ROWS)).to_have_count(41)


def test_rows_do_not_slip_away_under_the_pointer(opened: Page, signal: Signal) -> None:
    opened.locator(ROWS).nth(2).hover()
    label(signal, "false")
    look(opened)
    expect(opened.locator("#tiles")).to_contain_text("41")
    expect(opened.locator(ROWS)).to_have_count(40)
    expect(opened.locator(ROWS)).to_have_count(41, timeout=15_000)


def test_focus_and_what_is_open_or_typed_stay(opened: Page, signal: Signal) -> None:
    opened.get_by_text("Custom", exact=True).click()
    opened.get_by_label("From", exact=True).fill("2026-01-01T10:00")
    label(signal, "false")
    look(opened)
    expect(opened.locator(ROWS)).to_have_count(41)
    expect(opened.get_by_label("From", exact=True)).to_be_focused()
    expect(opened.get_by_label("From", exact=True)).to_have_value("2026-01-01T10:00")
    opened.get_by_role("link", name="Edit").focus()
    label(signal, "false")
    look(opened)
    expect(opened.locator(ROWS)).to_have_count(42)
    expect(opened.get_by_role("link", name="Edit")).to_be_focused()


def test_the_place_on_the_page_stays(opened: Page, signal: Signal) -> None:
    opened.locator(ROWS).nth(20).scroll_into_view_if_needed()
    opened.mouse.move(700, 5)
    marked = opened.locator(f"{ROWS}[data-key]").nth(20).get_attribute("data-key")
    row = opened.locator(f"{ROWS}[data-key='{marked}']")
    before = row.bounding_box()
    label(signal, "false", 3)
    look(opened)
    expect(opened.locator(ROWS)).to_have_count(43)
    after = row.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2


def test_a_signal_that_was_paused_elsewhere_says_so(opened: Page, signal: Signal) -> None:
    states.block(signal.pk, "401: the key was refused.", timezone.now())
    look(opened)
    expect(opened.get_by_text("401: the key was refused.").first).to_be_visible()
    expect(opened.get_by_role("button", name="Resume signal")).to_be_visible()
    expect(opened.get_by_role("button", name="Pause signal")).to_have_count(0)


def test_a_tab_that_nobody_sees_rests(opened: Page, signal: Signal) -> None:
    asked: list[str] = []
    opened.evaluate("Object.defineProperty(document, 'hidden', { value: true, writable: true })")
    opened.on("request", lambda request: asked.append(request.url))
    opened.wait_for_timeout(6_500)
    assert asked == []
    opened.evaluate("document.hidden = false")
    look(opened)
    assert asked == [opened.url]


def test_while_nothing_changes_the_answers_are_empty(opened: Page, signal: Signal) -> None:
    look(opened)  # the minute may have ended since the page was opened
    with opened.expect_response(opened.url) as answer:
        opened.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert answer.value.status == 204


def test_one_who_has_signed_out_is_told(opened: Page, signal: Signal) -> None:
    opened.context.clear_cookies()
    look(opened)
    expect(opened.get_by_role("status")).to_contain_text("you may have been signed out")
    expect(opened.locator(ROWS)).to_have_count(40)


def test_a_server_that_is_gone_is_said_and_forgotten_when_it_is_back(
    web_server: WebServer, signal: Signal, page: Page
) -> None:
    sign_in(page, web_server, project_of(signal))
    page.goto(f"{page.url}{signal.uuid}/")
    page.route(page.url, lambda route: route.abort())
    for _ in range(3):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(200)
    expect(page.get_by_text("the server does not answer")).to_be_visible()
    page.unroute(page.url)
    look(page)
    expect(page.get_by_text("the server does not answer")).to_have_count(0)
