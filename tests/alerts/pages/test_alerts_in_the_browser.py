"""The alert pages in a real Chromium: what only scripts and styles can break."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from alerts.models import Alert, AlertMute
from signals_app.models import Signal
from teams.models import Project
from tests.alerts.watched import alert_of, began, count, firing_of
from tests.entering import enter
from tests.server import WebServer
from tests.signals_app.labelled import new_agent, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signal(web_server: WebServer) -> Signal:
    """Ten hours of labels: every second hour ends badly."""
    project = new_project()
    member(project)
    signal = new_signal(new_agent(project), "task_outcome")
    now = timezone.now().replace(second=0, microsecond=0)
    began(signal, now - timedelta(days=3))
    minutes = [(now - timedelta(minutes=n), n) for n in range(20, 600)]
    bad = [(at, "failed", 5 if n % 120 < 6 else 1) for at, n in minutes]
    count(signal, [*bad, *((at, "completed", 9) for at, _n in minutes)])
    return signal


@pytest.fixture
def signed_in(web_server: WebServer, signal: Signal, page: Page) -> Iterator[Page]:
    """Fails the test on any error in the console: the CSP reports there too."""
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    sign_in(page, web_server, signal.project)
    yield page
    assert troubles == []


def sign_in(page: Page, web_server: WebServer, project: Project) -> None:
    user = project.team.members.get()
    enter(page, web_server.url, user)


def alerts(page: Page, rest: str = "") -> str:
    return page.url.split("/signals/")[0] + f"/alerts/{rest}"


def outcome(page: Page) -> str:
    return page.locator(".outcome").inner_text()


def test_an_alert_is_made_while_its_preview_follows(signed_in: Page, signal: Signal) -> None:
    signed_in.goto(alerts(signed_in))
    signed_in.get_by_role("link", name="Task outcome").click()
    expect(signed_in.get_by_label("Metric")).to_have_value("value_share")
    expect(signed_in.locator("#alert-preview-chart ~ .chart .xy > .scatterlayer")).to_be_visible()
    expect(signed_in.get_by_label("Name")).to_have_value("Share of “failed” up by 20 % over 3h")
    first = outcome(signed_in)

    signed_in.get_by_label("over").select_option("5m")
    signed_in.get_by_label("Threshold").fill("60")
    expect(signed_in.get_by_label("Name")).to_have_value("Share of “failed” up by 60 % over 5m")
    assert outcome(signed_in) != first
    assert outcome(signed_in).startswith("Would have fired")
    assert "threshold=60" in signed_in.url

    signed_in.get_by_label("How it moves").select_option("decreases")
    expect(
        signed_in.get_by_text("“failed” is negative: this tells you of good news.")
    ).to_be_visible()
    signed_in.get_by_label("How it moves").select_option("increases")
    expect(signed_in.get_by_text("this tells you of good news.")).to_have_count(0)
    signed_in.get_by_label("Webhook").fill("https://example.org/secret")
    signed_in.get_by_label("Name").fill("Failures")
    signed_in.get_by_role("button", name="Add alert").click()
    expect(signed_in.get_by_role("heading", name="Failures")).to_be_visible()
    alert = Alert.objects.get()
    assert (alert.threshold, alert.window, alert.operator, alert.guard) == (60.0, "5m", "gte", True)
    assert "secret" not in signed_in.url


def test_the_guard_follows_the_condition(signed_in: Page, signal: Signal) -> None:
    signed_in.goto(alerts(signed_in, f"new/?signal={signal.uuid}"))
    guard = signed_in.get_by_label("Evidence guard")
    expect(guard).to_be_checked()
    signed_in.get_by_label("Metric").select_option("label_volume")
    signed_in.get_by_label("How it moves").select_option("above")
    expect(guard).to_be_disabled()
    expect(guard).not_to_be_checked()
    expect(signed_in.get_by_text("nothing to compare with, so")).to_be_visible()
    expect(signed_in.get_by_text("labels", exact=True)).to_be_visible()
    expect(signed_in.locator(".only-of-label")).to_be_hidden()
    signed_in.get_by_label("How it moves").select_option("increases")
    expect(guard).to_be_enabled()
    expect(guard).to_be_checked()


def test_a_wrong_number_is_said_while_one_types_and_then_mended(
    signed_in: Page, signal: Signal
) -> None:
    signed_in.goto(alerts(signed_in, f"new/?signal={signal.uuid}"))
    signed_in.get_by_label("How it moves").select_option("above")
    signed_in.get_by_label("Threshold").fill("120")
    expect(signed_in.get_by_text("A share is never above 100 %.")).to_be_visible()
    expect(signed_in.get_by_text("Mend what is marked")).to_be_visible()
    signed_in.get_by_label("Threshold").fill("12")
    expect(signed_in.locator(".outcome")).to_be_visible()
    expect(signed_in.get_by_text("A share is never above 100 %.")).to_have_count(0)


def test_an_alert_can_be_made_without_scripts(
    web_server: WebServer, browser: Browser, signal: Signal
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, web_server, signal.project)
    page.goto(alerts(page, f"new/?signal={signal.uuid}"))
    page.get_by_label("Threshold").fill("77")
    page.get_by_label("over").select_option("5m")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".outcome")).to_be_visible()
    expect(page.get_by_label("Threshold")).to_have_value("77")
    page.get_by_role("button", name="Add alert").click()
    expect(page.get_by_role("heading", name="Share of “failed” up by 77 % over 5m")).to_be_visible()
    context.close()
    assert Alert.objects.get().name == "Share of “failed” up by 77 % over 5m"


def test_muting_pausing_and_archiving_from_the_list(signed_in: Page, signal: Signal) -> None:
    alert = alert_of(signal, name="Failures", metric="value_share", label="failed")
    signed_in.goto(alerts(signed_in))
    signed_in.get_by_role("button", name="Mute Failures for me").click()
    expect(signed_in.get_by_role("button", name="Unmute Failures for me")).to_be_visible()
    assert AlertMute.objects.filter(alert=alert).count() == 1
    signed_in.get_by_role("button", name="Pause Failures").click()
    expect(signed_in.get_by_text("Nobody is told until it is resumed.")).to_be_visible()
    signed_in.get_by_role("button", name="Archive Failures").click()
    expect(signed_in.get_by_role("link", name="Failures", exact=True)).to_have_count(0)
    signed_in.get_by_role("button", name="Undo").click()
    expect(signed_in.get_by_role("button", name="Resume Failures")).to_be_visible()


def test_the_filters_change_the_table_and_the_address(signed_in: Page, signal: Signal) -> None:
    given = {"metric": "value_share", "label": "failed"}
    alert_of(signal, name="Alpha", **given)
    Alert.objects.filter(pk=alert_of(signal, name="Beta", **given).pk).update(standing="met")
    signed_in.goto(alerts(signed_in))
    signed_in.locator("#id_standing").select_option("met")
    expect(signed_in.get_by_role("link", name="Alpha")).to_have_count(0)
    assert "standing=met" in signed_in.url
    signed_in.get_by_role("link", name="now: firing").click()
    expect(signed_in.get_by_role("link", name="Alpha")).to_be_visible()


def test_the_page_of_an_alert_draws_its_firings(signed_in: Page, signal: Signal) -> None:
    alert = alert_of(signal, metric="value_share", label="failed")
    firing_of(alert, timezone.now().replace(second=0, microsecond=0) - timedelta(hours=2))
    signed_in.goto(alerts(signed_in, f"{alert.uuid}/"))
    chart = signed_in.locator("[data-chart=alert-chart]")
    expect(chart.locator(".scatterlayer .points .point")).to_have_count(1)
    signed_in.get_by_role("link", name="1h", exact=True).click()
    expect(chart.locator(".scatterlayer .points .point")).to_have_count(0)


def test_the_form_warns_while_nobody_is_told(signed_in: Page, signal: Signal) -> None:
    signed_in.goto(alerts(signed_in, f"new/?signal={signal.uuid}"))
    warning = signed_in.get_by_text("Nobody is told")
    expect(warning).to_be_hidden()
    signed_in.get_by_label("E-mail to the team").uncheck()
    expect(warning).to_be_visible()
    signed_in.get_by_label("Webhook").fill("https://hooks.example.org/1")
    expect(warning).to_be_hidden()
