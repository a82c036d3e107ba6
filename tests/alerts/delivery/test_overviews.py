"""A daily overview goes through the same outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from alerts.delivery import sending
from alerts.models import Delivery, Kind, Overview, OverviewSubscription
from teams.models import Membership, User
from tests.alerts.delivery.conftest import Servers
from tests.alerts.owed import connected, with_reader
from tests.fake_slack import error
from tests.traces.arrivals import new_project

pytestmark = pytest.mark.django_db
State = Delivery.State


def owed_overview(kind: Kind, now: datetime) -> Delivery:
    project = with_reader(new_project())
    connected(project.team)
    user = User.objects.get()
    subscription = OverviewSubscription.objects.create(
        project=project, user=user, kind=kind, address="" if kind == Kind.EMAIL else "C1"
    )
    end = now.replace(hour=0, minute=0, second=0, microsecond=0)
    overview = Overview.objects.create(
        subscription=subscription,
        day=(end - timedelta(days=1)).date(),
        start=end - timedelta(days=1),
        end=end,
        created_at=now,
    )
    return Delivery.objects.create(
        project=project,
        overview=overview,
        kind=kind,
        user=user if kind == Kind.EMAIL else None,
        address=user.email if kind == Kind.EMAIL else "C1",
        key=f"overview:{overview.pk}",
        created_at=now,
        available_at=now,
    )


def test_an_overview_arrives_by_email(servers: Servers, now: datetime) -> None:
    delivery = owed_overview(Kind.EMAIL, now)
    sending.send_due(now)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.SENT, "")
    (message,) = servers.smtp.messages
    assert message["Message-ID"] == f"<{delivery.uuid}@127.0.0.1>"
    assert "/unsubscribe/" in message["List-Unsubscribe"]


def test_an_overview_arrives_in_a_channel(servers: Servers, now: datetime) -> None:
    delivery = owed_overview(Kind.SLACK, now)
    sending.send_due(now)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.SENT, "")
    assert servers.slack.posted[0]["channel"] == "C1"


def test_an_overview_that_nobody_wants_any_more_is_dropped(servers: Servers, now: datetime) -> None:
    delivery = owed_overview(Kind.EMAIL, now)
    OverviewSubscription.objects.update(is_on=False)
    sending.send_due(now)
    delivery.refresh_from_db()
    assert delivery.state == State.DROPPED
    assert servers.smtp.messages == []


def test_who_left_the_team_gets_no_overview(servers: Servers, now: datetime) -> None:
    delivery = owed_overview(Kind.EMAIL, now)
    Membership.objects.all().delete()
    sending.send_due(now)
    delivery.refresh_from_db()
    assert delivery.state == State.DROPPED


def test_a_refused_token_tells_the_team_once(servers: Servers, now: datetime) -> None:
    servers.slack.says["chat.postMessage"] = error("token_revoked")
    delivery = owed_overview(Kind.SLACK, now)
    sending.send_due(now)
    sending.send_due(now + timedelta(minutes=1))
    delivery.refresh_from_db()
    assert delivery.state == State.FAILED
    (message,) = servers.smtp.messages
    assert message["Subject"] == "A channel of Ours is paused"
