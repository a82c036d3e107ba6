"""The message: text, HTML and Slack say the same numbers, and mail clients show it."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from alerts.models import Delivery, Overview, OverviewSubscription
from alerts.overview import due_overviews, message
from alerts.text.wording import MINUS
from core.time_range.form import WindowForm
from signals_app.models import Signal
from tests.alerts.overview.days import DAY, NOW, a_project, a_signal, fired, labelled, subscribed
from tests.signals_app.labelled import label
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscription() -> OverviewSubscription:
    project = a_project()
    frustration = a_signal(project, name="Frustration")
    labelled(frustration, {"true": 120, "false": 380}, {"true": 60, "false": 440})
    outcome = a_signal(project, "task_outcome")
    labelled(outcome, {"completed": 31, "failed": 9}, {"completed": 33, "failed": 7})
    label(outcome, None, 3, at=NOW - DAY)
    fired(frustration)
    return subscribed(project)


def made(subscription: OverviewSubscription) -> message.OverviewMessage:
    due_overviews.owe_due(NOW)
    return message.of(Overview.objects.get(subscription=subscription))


def as_text(markup: str) -> str:
    """What a person reads of an HTML part, or of Slack's markup."""
    body = re.sub(r"<style.*?</style>|<[^>]+>", " ", markup, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(body).replace("*", ""))


def figures_of(text: str) -> set[str]:
    """Every number with its sign and unit."""
    spaced = text.replace("\xa0", " ")
    return set(re.findall(rf"[+{MINUS}]?\d[\d,.]*(?: %| points| of \d+|\b)", spaced))


def test_the_subject_names_project_total_and_mover(subscription: OverviewSubscription) -> None:
    assert made(subscription).subject == "Support: 540 classified, frustration up 12.0 points"


def test_text_html_and_slack_say_the_same_numbers(subscription: OverviewSubscription) -> None:
    found = made(subscription)
    slack = " ".join(_texts(found.slack_blocks))
    for said in (
        "Frustration up 12.0 points, worse",
        "24.0 % of 500, the day before 12.0 % of 500. More than chance.",
        "540, the day before 540",
        "3 failed",
        "1 time",
        "500 labels",
        "true",
        "+12.0 points from 12.0 % of 500, more than chance",
        "77.5 % of 40",
        f"{MINUS}5.0 points from 82.5 % of 40",
    ):
        for part in (found.text, as_text(found.html), as_text(slack)):
            assert said in part.replace("\xa0", " "), (said, part)


def _texts(block: Any) -> list[str]:
    if isinstance(block, dict):
        return [v for k, v in block.items() if k == "text" and isinstance(v, str)] + [
            text for value in block.values() for text in _texts(value)
        ]
    return [text for each in block for text in _texts(each)] if isinstance(block, list) else []


def test_every_number_of_the_html_stands_in_the_text_too(
    subscription: OverviewSubscription,
) -> None:
    found = made(subscription)
    shown = figures_of(as_text(re.sub(r"<a [^>]*>Signals</a>", "", found.html)))
    assert shown
    assert shown <= figures_of(found.text)


def test_the_chart_is_made_of_cells_that_mail_clients_keep(
    subscription: OverviewSubscription,
) -> None:
    markup = made(subscription).html
    assert not re.search(r"<img|<svg|<canvas|<script|data:|url\(|position:|display:flex", markup)
    heights = [int(h) for h in re.findall(r'<td class="fill[^>]*height="(\d+)" bgcolor=', markup)]
    assert max(heights) <= 72
    assert re.search(r'role="img" aria-label="Labels by the hour\. 00:00 on: 0, 0', markup)


@pytest.mark.slow
def test_the_whole_fits_into_what_gmail_shows(subscription: OverviewSubscription) -> None:
    """It clips a message at 102 kB."""
    for number in range(12):
        signal = a_signal(subscription.project, "task_outcome", name=f"Signal {number} " * 5)
        labels = dict.fromkeys(("completed", "partial", "failed", "abandoned"), 9)
        labelled(signal, labels, labels)
    found = made(subscription)
    assert len(found.html.encode()) < 100_000
    assert "and 4 more signals" in as_text(found.html)
    assert "And 4 more signals: http" in found.text
    assert len(found.slack_blocks) <= 50


def test_names_that_people_and_traffic_chose_are_escaped() -> None:
    project = a_project("A & <b>B</b>")
    signal = a_signal(project, name="<img src=x> & <!channel>")
    labelled(signal, {"true": 1})
    found = made(subscribed(project))
    assert "<img src=x>" not in found.html
    assert "<b>B</b>" not in found.html
    assert "<img src=x> & <!channel>" in found.text
    assert "<!channel>" not in json.dumps(found.slack_blocks)
    assert "&lt;!channel&gt;" in json.dumps(found.slack_blocks)


def test_links_open_the_pages_with_the_days_range(
    client: Client, subscription: OverviewSubscription
) -> None:
    found = made(subscription)
    link = re.search(r"View signals: (\S+)", found.text)
    assert link is not None
    query = {key: values[0] for key, values in parse_qs(urlsplit(link[1]).query).items()}
    window = WindowForm(query).window(NOW)
    overview = Overview.objects.get()
    assert (window.start, window.end) == (overview.start, overview.end)
    client.force_login(subscription.user)
    signal = Signal.objects.get(name="Frustration")
    address = next(url for url in re.findall(r"http\S+", found.text) if str(signal.uuid) in url)
    for url in (link[1], address):
        parts = urlsplit(url)
        assert client.get(f"{parts.path}?{parts.query}").status_code == 200


def test_times_are_those_of_the_members_zone() -> None:
    project = a_project()
    signal = a_signal(project)
    labelled(signal, {"true": 40})  # 12:00 in UTC
    found = made(subscribed(project, zone="Asia/Kathmandu", hour=12))
    assert "Asia/Kathmandu (+0545)" in found.text
    assert "Most in the hour from 17:00: 40 (40 negative)" in found.text


def test_an_empty_day_is_said_in_one_line() -> None:
    project = a_project()
    a_signal(project)
    found = made(subscribed(project))
    line = "Nothing to report: nothing was classified, and no alert fired."
    assert found.subject == "Support: nothing to report for Tue 24 Nov"
    assert line in found.text
    assert line in as_text(found.html)
    assert "Biggest mover" not in found.html + found.text
    assert line in json.dumps(found.slack_blocks)


def test_an_e_mail_can_be_unsubscribed_from_by_its_headers(
    subscription: OverviewSubscription, settings: Any
) -> None:
    settings.BASE_URL = "https://signals.example.com"
    headers = made(subscription).headers
    assert headers["List-Unsubscribe"].startswith("<https://signals.example.com/unsubscribe/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_channel_is_given_no_link_that_stops_it_for_somebody_else() -> None:
    project = a_project()
    one = subscribed(project, kind="slack", address="C1", address_name="#support")
    found = made(one)
    assert not found.headers
    assert "/unsubscribe/" not in json.dumps(found.slack_blocks) + found.text + found.html
    assert f"/p/{project.slug}/overview/" in json.dumps(found.slack_blocks)


def test_a_test_says_that_it_is_one_and_is_no_days(subscription: OverviewSubscription) -> None:
    found = message.test_of(subscription, NOW)
    assert found.subject.startswith("Test: ")
    assert "This is a test." in found.text
    assert "This is a test." in as_text(found.html)
    assert "A test" in json.dumps(found.slack_blocks)
    assert not Overview.objects.exists()
    assert not Delivery.objects.exists()


def test_each_member_has_a_link_of_her_own(subscription: OverviewSubscription) -> None:
    other = subscribed(subscription.project, member(subscription.project, email="eve@example.org"))
    due_overviews.owe_due(NOW)
    texts = [message.of(o).text for o in Overview.objects.order_by("pk")]
    links = [re.search(r"Unsubscribe: (\S+)", text) for text in texts]
    assert len({link[1] for link in links if link}) == 2
    assert other.user.email in texts[1]
