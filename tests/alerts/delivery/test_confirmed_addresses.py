"""Nothing is sent to an address that its person has not confirmed."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from alerts.channel_choices import of_team
from alerts.delivery import message_building
from alerts.delivery.failures import Permanent, Unwanted
from alerts.models import Delivery, Kind, OverviewSubscription
from alerts.overview import sample
from teams.models import Project
from tests.alerts.owed import new_alert, owed, tell
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db


def owed_mail(project: Project) -> Delivery:
    alert = new_alert(project)
    tell(alert, Kind.EMAIL)
    (delivery,) = owed(alert, timezone.now())
    return delivery


def test_an_alert_waits_for_nobody_and_says_why(project: Project) -> None:
    user = member(project)
    delivery = owed_mail(project)
    message_building.compose(delivery, timezone.now())
    EmailAddress.objects.filter(user=user).update(verified=False)
    with pytest.raises(Unwanted, match="ada@example\\.org is not confirmed yet"):
        message_building.compose(delivery, timezone.now())


def test_a_changed_address_gets_nothing_before_it_is_confirmed(project: Project) -> None:
    user = member(project)
    delivery = owed_mail(project)
    type(user).objects.filter(pk=user.pk).update(email="new@example.org")
    with pytest.raises(Unwanted, match="new@example\\.org is not confirmed yet"):
        message_building.compose(Delivery.objects.get(pk=delivery.pk), timezone.now())


def test_a_sample_of_the_overview_says_so_at_once(project: Project) -> None:
    user = member(project)
    EmailAddress.objects.filter(user=user).update(verified=False)
    subscription = OverviewSubscription.objects.create(project=project, user=user)
    with pytest.raises(Permanent, match="not confirmed yet"):
        sample.send(subscription, timezone.now())


def test_the_form_of_an_alert_counts_whom_it_reaches(project: Project) -> None:
    member(project)
    member(project, email="grace@example.org")
    assert of_team(project.team, ("", "")).members == 2
    EmailAddress.objects.filter(email="grace@example.org").update(verified=False)
    assert of_team(project.team, ("", "")).members == 1
