"""An overview as it is sent: e-mail and Slack message, from one letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from alerts.delivery import email
from alerts.models import Kind, Overview, OverviewSubscription
from alerts.overview import due_times, figures, slack_blocks, unsubscribing
from alerts.overview.colours import colours
from alerts.overview.letter import Letter, Links, letter
from alerts.overview.report import Report
from core.time_range.links import in_range
from core.time_range.moments import utc_text
from core.time_range.zones import zone_named

TEST = "Test: "


@dataclass(frozen=True, slots=True)
class OverviewMessage:
    """As the outbox sends it; headers are those of the e-mail."""

    subject: str
    text: str
    html: str
    slack_blocks: list[dict[str, Any]]
    headers: Mapping[str, str]

    @property
    def slack_text(self) -> str:
        """What Slack shows where it shows no blocks, as in notifications."""
        return slack_blocks.escape(self.subject)


def of(overview: Overview) -> OverviewMessage:
    """Write what the day's counts say when it is sent: a retry after hours may know a little
    more."""
    subscription = overview.subscription
    zone = zone_named(subscription.user.time_zone)
    before = due_times.day_before(overview.start, zone)
    day = due_times.Day(overview.day, before, overview.start, overview.end)
    return compose(subscription, figures.of_day(subscription.project, day), zone)


def test_of(subscription: OverviewSubscription, now: datetime) -> OverviewMessage:
    """Write what would be sent now, marked as a test."""
    zone = zone_named(subscription.user.time_zone)
    day_figures = figures.of_day(subscription.project, due_times.reported(now, zone))
    return compose(subscription, day_figures, zone, is_test=True)


def compose(
    subscription: OverviewSubscription, report: Report, zone: ZoneInfo, is_test: bool = False
) -> OverviewMessage:
    written = letter_of(subscription, report, zone)
    subject = (TEST if is_test else "") + written.subject
    context = {
        "letter": written,
        "subject": subject,
        "is_test": is_test,
        "colours": colours(),
        "to": subscription.user.email,
    }
    text, html = email.render("overview", context)
    return OverviewMessage(
        subject=subject,
        text=text,
        html=html,
        slack_blocks=slack_blocks.of(written, is_test),
        headers=email.unsubscribe_headers(written.links.unsubscribe)
        if written.links.unsubscribe
        else {},
    )


def letter_of(subscription: OverviewSubscription, report: Report, zone: ZoneInfo) -> Letter:
    return letter(subscription.project.name, report, zone, _links(subscription, report))


def _links(subscription: OverviewSubscription, report: Report) -> Links:
    """Pages of the day's range. Who unsubscribes by link is whom the e-mail went to; a Slack
    channel's message is everybody's, so its link leads to the page that asks who it is."""
    slug = subscription.project.slug
    query = {
        "range": "custom",
        "since": utc_text(report.day.start),
        "until": utc_text(report.day.end),
    }

    def page(name: str, *more: object) -> str:
        return in_range(settings.BASE_URL + reverse(name, args=[slug, *more]), query)

    is_personal = subscription.kind == Kind.EMAIL and subscription.pk is not None
    return Links(
        signals=page("signals"),
        signal={card.signal.uuid: page("signal", card.signal.uuid) for card in report.cards},
        manage=settings.BASE_URL + reverse("overview", args=[slug]),
        unsubscribe=unsubscribing.url_of(subscription) if is_personal else "",
    )
