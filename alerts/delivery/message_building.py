"""A claimed delivery as something that can be sent without the database.

Everything is read here, so that the sending itself may run in another thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from alerts.delivery import email, slack, webhook
from alerts.delivery.failures import Permanent, Unwanted
from alerts.delivery.firing_facts import alert_url, describe
from alerts.delivery.pausing import destination_of
from alerts.incidents import message as incident_message
from alerts.incidents.incident_facts import describe as describe_incident
from alerts.incidents.incident_facts import sleeper
from alerts.models import Alert, AlertMute, Delivery, Destination, Firing, Incident, Kind, Overview
from alerts.muting.mute_links import mute_url
from alerts.overview import message as overview_message
from alerts.text import messages
from core.time_range.zones import zone_named
from teams.models import Membership, User
from teams.signin.addresses import is_confirmed

Send = Callable[[], None]


def compose(delivery: Delivery, now: datetime) -> Send:
    """Raises Unwanted where nobody wants it any more, and Permanent where it cannot be sent."""
    if delivery.notice:
        return _notice(delivery)
    if delivery.firing is not None:
        return _of_firing(delivery, delivery.firing, now)
    if delivery.incident is not None:
        return _of_incident(delivery, delivery.incident, now)
    assert delivery.overview is not None, "the database holds it"
    return _of_overview(delivery, delivery.overview)


def _of_firing(delivery: Delivery, firing: Firing, now: datetime) -> Send:
    if firing.alert.state != Alert.State.ON:
        state = firing.alert.get_state_display().lower()
        raise Unwanted(f"The alert was {state} before this could be sent.")
    destination = destination_of(delivery)
    if destination is None:
        raise Unwanted("The alert was edited before this could be sent: it tells others now.")
    if destination.paused_at:
        raise Permanent(f"Not sent, because the channel is paused. {destination.paused_reason}")
    if delivery.kind == Kind.EMAIL:
        return _email(delivery, firing)
    if delivery.kind == Kind.SLACK:
        fired = describe(firing)
        token = slack.token_of(delivery.project.team_id)
        given = messages.slack_text(fired), messages.slack_blocks(fired)
        return partial(slack.post_by, token, delivery.address, *given)
    return _webhook(delivery, firing, destination, now)


def _email(delivery: Delivery, firing: Firing) -> Send:
    user = _reader(delivery)
    if AlertMute.objects.filter(alert=firing.alert_id, user=user).exists():
        raise Unwanted("Muted before this could be sent.")
    link = mute_url(firing.alert, user)
    context = messages.email_context(
        describe(firing), zone_named(user.time_zone if user else ""), link
    )
    return _mail(delivery, user, "firing", context, email.unsubscribe_headers(link))


def _notice(delivery: Delivery) -> Send:
    user = _reader(delivery)
    firing = delivery.firing
    context = {
        "subject": f"A channel of {delivery.project.name} is paused",
        "project": delivery.project,
        "words": delivery.notice,
        "alert": firing.alert if firing else None,
        "fired": describe(firing) if firing else None,
        "alert_url": alert_url(firing.alert, delivery.project.slug) if firing else "",
    }
    return _mail(delivery, user, "paused", context, {})


def _webhook(delivery: Delivery, firing: Firing, destination: Destination, now: datetime) -> Send:
    payload = messages.webhook(describe(firing))
    keys = webhook.keys_of(destination, now)
    return partial(webhook.send, delivery.address, payload, f"msg_{delivery.uuid}", keys, now)


def _of_incident(delivery: Delivery, incident: Incident, now: datetime) -> Send:
    if incident.ended_at and not delivery.is_end:
        raise Unwanted("It was over before this could be sent.")
    told = describe_incident(incident)
    if delivery.kind == Kind.EMAIL:
        context = incident_message.email_context(told)
        return _mail(delivery, _reader(delivery), "incident", context, {})
    if delivery.kind == Kind.SLACK:
        token = slack.token_of(delivery.project.team_id)
        given = incident_message.slack_text(told), incident_message.slack_blocks(told)
        return partial(slack.post_by, token, delivery.address, *given)
    destination = destination_of(delivery)
    if destination is None or delivery.alert is None:
        raise Unwanted("The alert was edited before this could be sent: it tells others now.")
    alert = sleeper(delivery.alert, delivery.project.slug)
    payload = incident_message.webhook(told, alert, now)
    keys = webhook.keys_of(destination, now)
    return partial(webhook.send, delivery.address, payload, f"msg_{delivery.uuid}", keys, now)


def _of_overview(delivery: Delivery, overview: Overview) -> Send:
    subscription = overview.subscription
    if not subscription.is_on:
        raise Unwanted("The overview was switched off before this could be sent.")
    if not _is_member(delivery, subscription.user_id):
        raise Unwanted("The subscriber left the team before this could be sent.")
    made = overview_message.of(overview)
    if delivery.kind == Kind.EMAIL:
        _check_address(subscription.user)
    if delivery.kind == Kind.SLACK:
        token = slack.token_of(delivery.project.team_id)
        return partial(slack.post_by, token, delivery.address, made.slack_text, made.slack_blocks)
    to, key = subscription.user.email, str(delivery.uuid)
    return partial(email.send, to, made.subject, made.text, made.html, key, made.headers)


def _mail(
    delivery: Delivery,
    user: User,
    template: str,
    context: dict[str, Any],
    headers: Mapping[str, str],
) -> Send:
    text, html = email.render(template, context)
    key = str(delivery.uuid)
    return partial(email.send, user.email, context["subject"], text, html, key, headers)


def _reader(delivery: Delivery) -> User:
    """Raises Unwanted where the person has left the team, or not confirmed the address."""
    user = delivery.user
    if user is None or not user.is_active or not _is_member(delivery, user.pk):
        raise Unwanted("The member left the team before this could be sent.")
    _check_address(user)
    return user


def _check_address(user: User) -> None:
    if not is_confirmed(user):
        raise Unwanted(f"{user.email} is not confirmed yet: nothing is sent there until it is.")


def _is_member(delivery: Delivery, user_id: int) -> bool:
    return Membership.objects.filter(team=delivery.project.team_id, user=user_id).exists()
