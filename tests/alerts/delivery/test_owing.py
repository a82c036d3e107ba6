"""Who is owed a message about a firing: each of them once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django_q.models import OrmQ

from alerts.delivery.enqueueing import owe
from alerts.models import Alert, AlertMute, Delivery, Kind
from teams.models import User
from tests.alerts.delivery.conftest import Servers
from tests.alerts.owed import fire, new_alert, owed, tell
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db
State = Delivery.State


def test_a_firing_is_owed_once_however_often_it_is_asked(alert: Alert, now: datetime) -> None:
    firing = fire(alert)
    assert owe([firing], now) == 3
    assert owe([firing, firing], now) == 0
    assert Delivery.objects.count() == 3
    assert OrmQ.objects.count() == 1


def test_every_member_who_has_not_muted_is_owed_an_email(servers: Servers, now: datetime) -> None:
    alert = new_alert()
    tell(alert, Kind.EMAIL)
    reader = member(alert.project, role="viewer", email="reader@example.org")
    muted = member(alert.project, email="quiet@example.org")
    gone = member(alert.project, email="gone@example.org")
    AlertMute.objects.create(alert=alert, user=muted)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    assert [each.user for each in owed(alert, now)] == [
        User.objects.get(email="ada@example.org"),
        reader,
    ]


def test_many_firings_cost_a_handful_of_queries(
    alert: Alert, now: datetime, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    firings = [fire(alert, now - timedelta(minutes=index)) for index in range(20)]
    with django_assert_max_num_queries(9):
        assert owe(firings, now) == 60


def test_a_channel_that_is_paused_is_owed_nothing(alert: Alert, now: datetime) -> None:
    alert.destinations.filter(kind=Kind.SLACK).update(paused_at=now, paused_reason="Archived.")
    assert {each.kind for each in owed(alert, now)} == {Kind.EMAIL, Kind.WEBHOOK}
