"""One overview now, to see what it is like. It is marked, and no day's."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from alerts.delivery import email
from alerts.models import OverviewSubscription
from alerts.overview import message


def send(one: OverviewSubscription, now: datetime) -> str:
    """Returns where it went. Raises Permanent or Retryable, in words.

    Not by the outbox: its rows are of days, and there is a person who waits.
    """
    made = message.test_of(one, now)
    to = one.user.email
    email.send(to, made.subject, made.text, made.html, uuid4().hex, made.headers)
    return to
