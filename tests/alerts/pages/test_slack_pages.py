"""A team connects its Slack by a button or a token, tries it, and leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from alerts.delivery import slack
from alerts.models import SlackConnection
from core import sealing
from teams.models import Project
from tests.alerts.owed import connected
from tests.fake_slack import HTML, TOKEN, FakeSlack, error
from tests.html import html_of
from tests.traces.arrivals import member, new_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeSlack]:
    cache.clear()
    with FakeSlack() as server:
        server.use(settings)
        yield server


@pytest.fixture
def project(client: Client) -> Project:
    made = new_project()
    client.force_login(member(made, "admin"))
    return made


@pytest.fixture
def by_button(settings: Any) -> None:
    settings.SLACK_CLIENT_ID, settings.SLACK_CLIENT_SECRET = "id-1", "secret-1"


def url(name: str, project: Project) -> str:
    return reverse(name, args=[project.slug])


def visit(client: Client, project: Project) -> dict[str, str]:
    """What the person is sent to Slack with."""
    response = client.get(url("slack_connect", project))
    there = urlsplit(response["Location"])
    assert (there.netloc, there.path) == ("slack.com", "/oauth/v2/authorize")
    return {name: values[0] for name, values in parse_qs(there.query).items()}


def test_a_token_is_asked_whose_it_is_and_kept_sealed(
    client: Client, project: Project, fake: FakeSlack
) -> None:
    response = client.post(url("slack_token", project), {"token": TOKEN})
    assert response["Location"] == url("slack", project)
    slack_connection = SlackConnection.objects.get()
    assert (slack_connection.team, slack_connection.workspace, slack_connection.workspace_id) == (
        project.team,
        "Acme",
        "T1",
    )
    assert TOKEN.encode() not in bytes(slack_connection.token_sealed)
    assert sealing.unseal(slack_connection.token_sealed) == TOKEN
    page = html_of(client.get(url("slack", project)))
    assert "Acme" in page
    assert TOKEN not in page


@pytest.mark.parametrize(
    ("token", "says", "words"),
    [
        ("xoxb-bad", None, "Slack refuses the token."),
        ("xoxp-user", None, "A bot token begins with xoxb-."),
        ("", None, "This field is required."),
        (TOKEN, error("account_inactive"), "The app was removed"),
        (TOKEN, HTML, "could not be read"),
    ],
)
def test_a_bad_token_is_refused_at_the_field(
    client: Client, project: Project, fake: FakeSlack, token: str, says: Any, words: str
) -> None:
    if says:
        fake.says["auth.test"] = says
    response = client.post(url("slack_token", project), {"token": token})
    assert response.status_code == 422
    assert words in html_of(response)
    assert "settings page of the project" not in html_of(response)
    assert not SlackConnection.objects.exists()


def test_the_button_leads_to_slack_and_back_to_a_connection(
    client: Client, project: Project, fake: FakeSlack, by_button: None
) -> None:
    asked = visit(client, project)
    assert asked["scope"] == "chat:write,chat:write.public,channels:read,groups:read"
    assert asked["redirect_uri"] == "http://127.0.0.1:8799/slack/callback/"
    back = {"code": "good-code", "state": asked["state"]}
    response = client.get(reverse("slack_callback"), back)
    assert response["Location"] == url("slack", project)
    assert sealing.unseal(SlackConnection.objects.get().token_sealed) == TOKEN
    again = client.get(reverse("slack_callback"), back)  # the state counts once
    assert len(fake.requests) == 1
    assert again.status_code == 302


@pytest.mark.parametrize(
    ("back", "words"),
    [
        ({"code": "good-code", "state": "forged"}, "no answer to a visit of yours"),
        ({"code": "good-code"}, "no answer to a visit of yours"),
        ({"error": "access_denied", "state": ""}, "nobody allowed it"),
        ({"code": "bad-code", "state": ""}, "Slack refuses it (invalid_code)"),
    ],
)
def test_whoever_comes_back_without_a_good_code_is_not_connected(
    client: Client, project: Project, fake: FakeSlack, by_button: None,
    back: dict[str, str], words: str,
) -> None:  # fmt: skip
    asked = visit(client, project)
    given = back | ({"state": asked["state"]} if back.get("state") == "" else {})
    response = client.get(reverse("slack_callback"), given, follow=True)
    assert words in html_of(response)
    assert not SlackConnection.objects.exists()


def test_a_visit_to_slack_ends_in_the_project_that_it_began_in_and_its_rights(
    client: Client, project: Project, fake: FakeSlack, by_button: None
) -> None:
    asked = visit(client, project)
    project.team.memberships.update(role="viewer")
    back = {"code": "good-code", "state": asked["state"]}
    assert client.get(reverse("slack_callback"), back).status_code == 403
    assert fake.requests == []


def test_without_the_apps_names_there_is_no_button(
    client: Client, project: Project, fake: FakeSlack
) -> None:
    page = html_of(client.get(url("slack", project)))
    assert url("slack_connect", project) not in page
    assert "SLACK_CLIENT_ID" in page
    assert client.get(url("slack_connect", project))["Location"] == url("slack", project)


def test_channels_come_in_pages_and_private_ones_where_the_token_may(
    project: Project, fake: FakeSlack
) -> None:
    connected(project.team)
    found = slack.channels(project.team_id)
    assert [(each.name, each.is_private) for each in found] == [
        ("alerts", False),
        ("general", False),
        ("secret", True),
        ("support", False),
    ]
    assert len(fake.requests) == 2
    slack.channels(project.team_id)
    assert len(fake.requests) == 2  # remembered for a minute
    cache.clear()
    fake.says["conversations.list"] = lambda request: (
        error("missing_scope")
        if "private" in request.body.decode()
        else fake._page({"types": "public_channel"})
    )
    assert "secret" not in [channel.name for channel in slack.channels(project.team_id)]


def test_a_test_message_arrives_or_says_at_the_field_why_not(
    client: Client, project: Project, fake: FakeSlack
) -> None:
    project.name = "Air <line>"
    project.save()
    connected(project.team)
    response = client.post(url("slack_test", project), {"channel": "C1"})
    assert response["Location"] == url("slack", project)
    assert fake.posted[0]["text"] == "This is a test: alerts of Air &lt;line&gt; can write here."
    fake.says["chat.postMessage"] = error("not_in_channel")
    refused = client.post(url("slack_test", project), {"channel": "C1"})
    assert refused.status_code == 422
    assert "The app is not in the Slack channel" in html_of(refused)
    assert client.post(url("slack_test", project), {"channel": "C9"}).status_code == 422


def test_slack_that_does_not_answer_leaves_the_page_standing(
    client: Client, project: Project, fake: FakeSlack
) -> None:
    connected(project.team)
    fake.says["conversations.list"] = error("internal_error")
    response = client.get(url("slack", project))
    assert response.status_code == 200
    assert "Slack is in trouble" in html_of(response)
    assert client.post(url("slack_test", project), {"channel": "C1"}).status_code == 422


def test_disconnecting_asks_first_and_deletes_the_token(
    client: Client, project: Project, fake: FakeSlack
) -> None:
    connected(project.team)
    assert "Disconnect Acme?" in html_of(client.get(url("slack_disconnect", project)))
    client.post(url("slack_disconnect", project))
    assert not SlackConnection.objects.exists()


def test_the_settings_lead_to_slack(client: Client, project: Project) -> None:
    assert f'href="{url("slack", project)}"' in html_of(client.get(url("settings", project)))
    assert 'aria-current="page"' in html_of(client.get(url("slack", project)))


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_below_an_admin_one_looks_and_changes_nothing(
    client: Client, project: Project, fake: FakeSlack, by_button: None, role: str
) -> None:
    project.team.memberships.update(role=role)
    connected(project.team)
    page = html_of(client.get(url("slack", project)))
    for name in ("slack_connect", "slack_token", "slack_test", "slack_disconnect"):
        assert url(name, project) not in page
    for name in ("slack_token", "slack_test", "slack_disconnect"):
        assert client.post(url(name, project)).status_code == 403
    assert client.get(url("slack_connect", project)).status_code == 403


def test_the_wrong_method_is_refused(client: Client, project: Project, fake: FakeSlack) -> None:
    for name in ("slack_token", "slack_test"):
        assert client.get(url(name, project)).status_code == 405
    for name in ("slack", "slack_connect"):
        assert client.post(url(name, project)).status_code == 405


def test_the_channel_of_trouble_is_chosen_and_left_again(
    client: Client, project: Project, fake: FakeSlack
) -> None:
    connected(project.team)
    client.post(url("slack_trouble", project), {"trouble_channel": "C1"})
    chosen = SlackConnection.objects.get()
    assert (chosen.trouble_channel, chosen.trouble_channel_name) == ("C1", "#support")
    page = html_of(client.get(url("slack", project)))
    assert '<option value="C1" selected>#support</option>' in page
    assert client.post(url("slack_trouble", project), {"trouble_channel": "C9"}).status_code == 422
    client.post(url("slack_trouble", project), {"trouble_channel": ""})
    assert SlackConnection.objects.get().trouble_channel == ""
    project.team.memberships.update(role="viewer")
    assert client.post(url("slack_trouble", project)).status_code == 403
    assert client.get(url("slack_trouble", project)).status_code == 405


def test_another_workspace_has_another_channel_of_trouble(
    client: Client, project: Project, fake: FakeSlack
) -> None:
    connected(project.team)
    SlackConnection.objects.update(trouble_channel="C1", workspace_id="T0")
    client.post(url("slack_token", project), {"token": TOKEN})
    assert SlackConnection.objects.get().trouble_channel == ""
