"""An overview in a Slack channel: chosen on the page, tried, and sent by the outbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from alerts import tasks
from alerts.models import Delivery, OverviewSubscription
from alerts.overview import due_overviews
from teams.models import Project, User
from tests.alerts.overview.days import NOW, a_project, a_signal, labelled, subscribed
from tests.alerts.owed import connected
from tests.fake_slack import FakeSlack, error
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db

WANTED = {"hour": "8", "kind": "slack", "channel": "C1", "time_zone": "UTC"}


@pytest.fixture
def slack(settings: Any) -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        fake.use(settings)
        yield fake


@pytest.fixture
def project(slack: FakeSlack) -> Project:
    made = a_project()
    connected(made.team)
    return made


@pytest.fixture
def user(client: Client, project: Project) -> User:
    found = member(project)
    client.force_login(found)
    return found


def url(project: Project, verb: str = "") -> str:
    return f"/p/{project.slug}/overview/{verb}{'/' if verb else ''}"


def test_a_channel_is_picked_from_those_of_the_workspace(
    client: Client, project: Project, user: User
) -> None:
    page = client.get(url(project)).content.decode()
    assert '<option value="C1">#support</option>' in page
    assert client.post(url(project, "save"), WANTED).status_code == 302
    one = OverviewSubscription.objects.get()
    assert (one.kind, one.address, one.address_name) == ("slack", "C1", "#support")


@pytest.mark.parametrize("channel", ["", "C999"], ids=["none", "one that Slack does not name"])
def test_another_channel_is_refused(
    client: Client, project: Project, user: User, channel: str
) -> None:
    response = client.post(url(project, "save"), WANTED | {"channel": channel})
    assert response.status_code == 422
    assert response.context["form"].errors["channel"]


def test_a_reader_may_have_it_by_e_mail_alone(client: Client, project: Project) -> None:
    """A channel is the team's, and hers is a role that changes nothing of the team's."""
    client.force_login(member(project, "viewer"))
    assert "All but viewers may choose" in client.get(url(project)).content.decode()
    assert client.post(url(project, "save"), WANTED).status_code == 422
    by_mail = client.post(url(project, "save"), WANTED | {"kind": "email", "channel": ""})
    assert by_mail.status_code == 302


def test_without_a_connection_the_page_says_where_to_make_one(client: Client) -> None:
    project = a_project("Other")
    client.force_login(member(project, "admin"))
    page = client.get(url(project)).content.decode()
    assert "once the team&#x27;s Slack is connected" in page
    assert f"/p/{project.slug}/settings/slack/" in page


def test_while_slack_is_away_the_hour_can_be_changed_and_the_channel_stays(
    client: Client, project: Project, user: User, slack: FakeSlack
) -> None:
    subscribed(project, user, kind="slack", address="C1", address_name="#support")
    slack.says["conversations.list"] = error("fatal_error")
    assert "channels cannot be listed" in client.get(url(project)).content.decode()
    client.post(url(project, "save"), WANTED | {"hour": "9"})
    one = OverviewSubscription.objects.get()
    assert (one.hour, one.address, one.address_name) == (9, "C1", "#support")


def test_a_test_goes_to_the_channel_and_says_that_it_is_one(
    client: Client, project: Project, user: User, slack: FakeSlack
) -> None:
    subscribed(project, user, kind="slack", address="C1", address_name="#support")
    client.post(url(project, "test"))
    (posted,) = slack.posted
    assert posted["channel"] == "C1"
    assert posted["text"].startswith("Test: Support:")
    assert not Delivery.objects.exists()


def test_a_channel_that_is_gone_is_told_to_who_tries(
    client: Client, project: Project, user: User, slack: FakeSlack
) -> None:
    subscribed(project, user, kind="slack", address="C1", address_name="#support")
    slack.says["chat.postMessage"] = error("is_archived")
    client.post(url(project, "test"))
    (said,) = client.get(url(project)).context["messages"]
    assert str(said).startswith("The test was not sent.")


def test_the_outbox_sends_what_is_owed(project: Project, user: User, slack: FakeSlack) -> None:
    labelled(a_signal(project, name="Frustration"), {"true": 30, "false": 70})
    subscribed(project, user, kind="slack", address="C1", address_name="#support")
    due_overviews.owe_due(NOW)
    tasks.deliver()
    (posted,) = slack.posted
    assert Delivery.objects.get().state == "sent"
    assert posted["text"] == "Support: 100 classified, no clear change"
    blocks = posted["blocks"]
    blocks = json.loads(blocks) if isinstance(blocks, str) else blocks
    assert "30.0\xa0% of 100" in json.dumps(blocks, ensure_ascii=False)
