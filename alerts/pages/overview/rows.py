"""What the page of a member's overview shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import QueryDict

from alerts.delivery import email, slack
from alerts.delivery.failures import Permanent, Retryable
from alerts.models import Delivery, Kind, Overview, OverviewSubscription, SlackConnection
from alerts.overview import due_times, figures, message
from alerts.overview.colours import colours
from alerts.pages.overview.forms import SubscriptionForm
from core.middleware import ZONE_COOKIE
from core.time_range.zones import zone_named
from teams.access import SignedInRequest
from teams.models import Project, User

SHOWN = 7
State = Delivery.State


@dataclass(frozen=True, slots=True)
class Sent:
    """A day that was reported, and what came of its message."""

    day: date
    at: datetime
    outcome: str
    where: str
    is_failure: bool
    error: str


def form(request: SignedInRequest, project: Project, data: QueryDict | None) -> SubscriptionForm:
    subscription = OverviewSubscription.objects.of(project, request.user)
    channels, trouble = _channels(project, subscription)
    return SubscriptionForm(
        data,
        user=request.user,
        subscription=subscription,
        channels=channels,
        no_channels=trouble,
        browser_zone=zone_named(request.COOKIES.get(ZONE_COOKIE, "")).key,
    )


def _channels(
    project: Project, subscription: OverviewSubscription | None
) -> tuple[list[tuple[str, str]], str]:
    """Id and name of the channels that may be chosen, and why there are none. The one in use is
    always among them: saving another hour must not lose it while Slack is away."""
    in_use = (
        [(subscription.address, subscription.address_name)]
        if subscription and subscription.kind == Kind.SLACK
        else []
    )
    if not project.viewer_can_write:
        return in_use, "All but viewers may choose a channel of the team's Slack instead."
    if not SlackConnection.objects.filter(team=project.team_id).exists():
        return in_use, "A Slack channel can be chosen once the team's Slack is connected."
    try:
        options = [(channel.id, f"#{channel.name}") for channel in slack.channels(project.team_id)]
    except (Permanent, Retryable) as error:
        return in_use, f"Slack's channels cannot be listed. {error}"
    return list(dict([*in_use, *options]).items()), ""


def context(project: Project, user: User, form: SubscriptionForm, now: datetime) -> dict[str, Any]:
    subscription = OverviewSubscription.objects.of(project, user)
    shown = subscription or OverviewSubscription(project=project, user=user)
    zone = zone_named(user.time_zone)
    report = figures.of_day(project, due_times.reported(now, zone))
    is_on = subscription is not None and subscription.is_on
    return {
        "project": project,
        "form": form,
        "subscription": subscription,
        "is_on": is_on,
        "next_at": next_at(shown, user, now) if is_on else None,
        "has_mail_server": email.is_configured(),
        "sent": sent(subscription) if subscription else [],
        "letter": message.letter_of(shown, report, zone),
        "colours": colours(),
        "is_test": False,
    }


def next_at(subscription: OverviewSubscription, user: User, now: datetime) -> datetime:
    """Say when the next one is sent, in the member's zone."""
    zone = zone_named(user.time_zone)
    day = due_times.reported(now, zone).date
    is_done = Overview.objects.filter(subscription=subscription, day=day).exists()
    return due_times.next_at(
        subscription.hour, zone, subscription.created_at, now, is_done
    ).astimezone(zone)


def sent(subscription: OverviewSubscription) -> list[Sent]:
    """Return the overviews that were sent, the newest first."""
    newest = Overview.objects.newest_of(subscription)[:SHOWN]
    return [
        _sent(overview, delivery) for overview in newest for delivery in overview.deliveries.all()
    ]


def _sent(overview: Overview, delivery: Delivery) -> Sent:
    return Sent(
        day=overview.day,
        at=delivery.finished_at or overview.created_at,
        outcome=delivery.get_state_display(),
        where=delivery.address_name or delivery.address,
        is_failure=delivery.state == State.FAILED,
        error=delivery.error,
    )
