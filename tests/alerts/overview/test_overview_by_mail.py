"""From the tick to the mail server and back to the page: with a real SMTP server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from alerts import tasks
from alerts.models import Delivery, Overview, OverviewSubscription
from tests.alerts.overview.days import a_project, subscribed
from tests.fake_smtp import FakeSmtp

pytestmark = pytest.mark.django_db


@pytest.fixture
def smtp(settings: Any) -> Iterator[FakeSmtp]:
    with FakeSmtp() as fake:
        fake.use(settings)
        yield fake


@pytest.fixture
def one() -> OverviewSubscription:
    """Whose hour is over, whatever the time is."""
    return subscribed(a_project(), zone="UTC", hour=0)


def received(smtp: FakeSmtp) -> EmailMessage:
    (message,) = smtp.messages
    return message


def test_two_ticks_and_two_deliveries_send_one_e_mail(
    one: OverviewSubscription, smtp: FakeSmtp, client: Client, settings: Any
) -> None:
    settings.BASE_URL = "https://signals.example.org"
    for _ in range(2):
        tasks.overviews()
        tasks.deliver()
    message = received(smtp)
    assert message["To"] == one.user.email
    assert message["Subject"].startswith("Support: nothing to report")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Delivery.objects.get().state == "sent"
    client.force_login(one.user)
    page = client.get(f"/p/{one.project.slug}/overview/")
    assert [sent.outcome for sent in page.context["sent"]] == ["Sent"]


def test_the_link_of_the_header_ends_it(
    one: OverviewSubscription, smtp: FakeSmtp, client: Client
) -> None:
    tasks.overviews()
    tasks.deliver()
    link = str(received(smtp)["List-Unsubscribe"]).strip(" <>")  # a long header is folded
    client.post(urlsplit(link).path, {"List-Unsubscribe": "One-Click"})
    Overview.objects.all().delete()
    tasks.overviews()
    assert not Delivery.objects.exists()


def test_a_worker_that_died_while_sending_sends_the_same_day_later(
    one: OverviewSubscription, smtp: FakeSmtp
) -> None:
    """The day is owed once; its message is claimed again when the lease is over."""
    tasks.overviews()
    claimed = {"state": "sending", "lease_until": timezone.now(), "attempts": 1}
    Delivery.objects.update(**claimed)
    tasks.overviews()
    tasks.deliver()
    assert len(smtp.messages) == 1
    assert Delivery.objects.get().state == "sent"
