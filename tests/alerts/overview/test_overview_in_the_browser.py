"""The e-mail as a client draws it, narrow and wide, and the page by hand."""

from __future__ import annotations

from typing import Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from alerts.models import OverviewSubscription
from alerts.overview import message
from teams.models import Project
from tests.alerts.overview.days import NOW, a_project, a_signal, labelled, subscribed
from tests.entering import enter
from tests.server import WebServer
from tests.traces.arrivals import member

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: The columns of the chart in pixels.
HEIGHTS = """() => {
    const chart = document.querySelector("table[aria-label^='Labels by the hour']");
    const height = (column) =>
        [...column.querySelectorAll("td")].reduce((sum, part) => sum + part.offsetHeight, 0);
    return [...chart.rows[0].cells].map(height);
}"""


@pytest.fixture
def project() -> Project:
    """With names that nobody foresaw."""
    made = a_project("Support " + "x" * 80)
    labelled(a_signal(made, name="Y" * 100), {"true": 30, "false": 70}, {"true": 10, "false": 90})
    return made


@pytest.mark.parametrize("width", [600, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_e_mail_fits_and_its_chart_has_columns(
    page: Page, project: Project, width: int, scheme: Literal["light", "dark"]
) -> None:
    made = message.test_of(subscribed(project), NOW)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.set_content(made.html)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.evaluate(HEIGHTS)
    assert len(heights) == 24
    assert heights[12] == max(heights) == 72  # up to 12:00 in UTC, which is 13:00 in Berlin
    assert 0 < heights[13] < 5
    assert sum(heights) == heights[12] + heights[13]


def test_it_is_turned_on_tried_and_off_by_hand(
    page: Page, web_server: WebServer, project: Project
) -> None:
    user = member(project, "viewer")
    enter(page, web_server.url, user)
    page.goto(f"{web_server.url}/p/{project.slug}/settings/")
    page.get_by_role("link", name="Your daily overview").click()
    page.get_by_label("Hour", exact=True).select_option("07:00")
    page.get_by_label("Time zone").select_option("Asia/Kathmandu")
    page.get_by_role("button", name="Turn it on").click()
    assert "07:00:00 +0545" in page.get_by_role("status").inner_text()
    one = OverviewSubscription.objects.get()
    assert (one.hour, one.is_on) == (7, True)
    assert one.created_at <= timezone.now()
    page.get_by_role("button", name="Send me one now").click()
    assert "No mail server is set" in page.get_by_role("status").inner_text()
    page.get_by_role("button", name="Turn it off").click()
    page.get_by_role("button", name="Turn it on").wait_for()
    assert not OverviewSubscription.objects.get().is_on
