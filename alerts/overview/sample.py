"""One overview now, to see what it is like. It is marked, and no day's."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from alerts.delivery import email, slack
from alerts.models import Kind, OverviewSubscription
from alerts.overview import message


def send(one: OverviewSubscription, now: datetime) -> str:
    """Returns where it went. Raises Permanent or Retryable, in words.

    Not by the outbox: its rows are of days, and there is a person who waits.
    """
    made = message.test_of(one, now)
    if one.kind == Kind.SLACK:
        slack.post(one.project.team_id, one.address, made.slack_text, made.slack_blocks)
        return one.address_name or one.address
    to = one.user.email
    email.send(to, made.subject, made.text, made.html, uuid4().hex, made.headers)
    return to
