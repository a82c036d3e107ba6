"""One overview now, to see what it is like. It is marked, and no day's."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from alerts.delivery import email, slack
from alerts.delivery.failures import Permanent
from alerts.models import Kind, OverviewSubscription
from alerts.overview import message
from teams.signin.addresses import is_confirmed


def send(subscription: OverviewSubscription, now: datetime) -> str:
    """Returns where it went. Raises Permanent or Retryable, in words.

    Not by the outbox: its rows are of days, and there is a person who waits.
    """
    made = message.test_of(subscription, now)
    if subscription.kind == Kind.SLACK:
        slack.post(
            subscription.project.team_id, subscription.address, made.slack_text, made.slack_blocks
        )
        return subscription.address_name or subscription.address
    to = subscription.user.email
    if not is_confirmed(subscription.user):
        raise Permanent(f"{to} is not confirmed yet: nothing is sent there until it is.")
    email.send(to, made.subject, made.text, made.html, uuid4().hex, made.headers)
    return to
