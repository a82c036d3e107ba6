"""A member's page of her overview: on, changed, tried, off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from alerts.delivery import email
from alerts.delivery.failures import Retryable
from alerts.models import Delivery, Overview, OverviewSubscription
from teams.models import Project, User
from tests.alerts.overview.days import LONG_AGO, a_project, a_signal, subscribed
from tests.signals_app.labelled import label
from tests.traces.arrivals import member

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

POSTS = ("save", "stop", "test")
WANTED = {"hour": "8", "kind": "email", "time_zone": "Europe/Berlin"}


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def user(client: Client, project: Project) -> User:
    """Signed in; a reader, for whoever may look at a project may have its overview."""
    found = member(project, "viewer")
    client.force_login(found)
    return found


def url(project: Project, verb: str = "") -> str:
    return f"/p/{project.slug}/overview/{verb}{'/' if verb else ''}"


def page(client: Client, project: Project) -> str:
    response = client.get(url(project))
    assert response.status_code == 200
    return response.content.decode()


def said(client: Client, project: Project) -> str:
    """The toast that the next page shows."""
    return " ".join(str(m) for m in client.get(url(project)).context["messages"])


def test_it_is_off_until_asked_for(client: Client, project: Project, user: User) -> None:
    shown = page(client, project)
    assert "You do not get it." in shown
    assert "Turn it off" not in shown
    assert not OverviewSubscription.objects.exists()


def test_turning_it_on_says_when_the_first_one_comes(
    client: Client, project: Project, user: User
) -> None:
    response = client.post(url(project, "save"), WANTED)
    assert response.status_code == 302
    one = OverviewSubscription.objects.get()
    assert (one.project, one.user, one.hour, one.kind) == (project, user, 8, "email")
    assert one.is_on
    shown = said(client, project)
    assert "The next overview comes" in shown
    assert "08:00:00 CE" in shown
    assert "Turn it off" in page(client, project)


def test_the_zone_is_asked_for_once_and_becomes_the_accounts(
    client: Client, project: Project, user: User
) -> None:
    client.cookies["zone"] = "Asia/Kathmandu"
    assert 'value="Asia/Kathmandu" selected' in page(client, project)
    client.post(url(project, "save"), WANTED)
    user.refresh_from_db()
    assert user.time_zone == "Europe/Berlin"
    shown = page(client, project)
    assert "In your time zone, Europe/Berlin." in shown
    assert 'name="time_zone"' not in shown


def test_who_turns_it_on_after_the_hour_is_told_that_it_begins_tomorrow(
    client: Client, project: Project, user: User
) -> None:
    hour = timezone.now().hour
    client.post(url(project, "save"), WANTED | {"hour": str(hour), "time_zone": "UTC"})
    tomorrow = timezone.now() + timedelta(days=1)
    assert f"{tomorrow:%a} {tomorrow.day} {tomorrow:%b %Y}, {hour:02}:00:00 UTC" in said(
        client, project
    )


def test_a_change_keeps_one_subscription(client: Client, project: Project, user: User) -> None:
    subscribed(project, user)
    client.post(url(project, "save"), {"hour": "17", "kind": "email"})
    one = OverviewSubscription.objects.get()
    assert (one.hour, one.created_at) == (17, LONG_AGO)


def test_turned_off_and_on_again_it_begins_anew(
    client: Client, project: Project, user: User
) -> None:
    subscribed(project, user)
    assert client.post(url(project, "stop")).status_code == 302
    assert not OverviewSubscription.objects.get().is_on
    assert "no more overviews" in said(client, project)
    client.post(url(project, "save"), WANTED)
    one = OverviewSubscription.objects.get()
    assert one.is_on
    assert one.created_at > LONG_AGO


def test_turning_off_what_is_off_changes_nothing(
    client: Client, project: Project, user: User
) -> None:
    assert client.post(url(project, "stop")).status_code == 302
    assert said(client, project) == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("hour", "24", id="no such hour"),
        pytest.param("hour", "", id="no hour"),
        pytest.param("kind", "pigeon", id="no such channel"),
        pytest.param("kind", "slack", id="Slack, which is not connected"),
        pytest.param("time_zone", "Atlantis/Capital", id="no such zone"),
    ],
)
def test_bad_input_is_answered_with_the_form_and_why(
    client: Client, project: Project, user: User, field: str, value: str
) -> None:
    response = client.post(url(project, "save"), WANTED | {field: value})
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert 'class="error"' in response.content.decode()
    assert not OverviewSubscription.objects.exists()


def test_strangers_find_nothing(client: Client, project: Project) -> None:
    client.force_login(member(a_project("Ours")))
    assert client.get(url(project)).status_code == 404
    for verb in POSTS:
        assert client.post(url(project, verb), WANTED).status_code == 404
    assert not OverviewSubscription.objects.exists()
    assert not mail.outbox


def test_wrong_methods_are_refused(client: Client, project: Project, user: User) -> None:
    assert client.post(url(project)).status_code == 405
    for verb in POSTS:
        assert client.get(url(project, verb)).status_code == 405


def test_the_preview_is_what_would_be_mailed(client: Client, project: Project, user: User) -> None:
    signal = a_signal(project, name="Frustration")
    yesterday = timezone.now().replace(hour=12) - timedelta(days=1)
    label(signal, "true", 7, at=yesterday)
    user.time_zone = "UTC"
    user.save()
    client.post(url(project, "test"))
    shown = page(client, project)
    message = mail.outbox[0]
    assert isinstance(message, mail.EmailMultiAlternatives)
    sent = str(message.alternatives[0][0])
    for part in ("7, the day before 0", "100\xa0% of 7, few", "Labels by the hour", "Frustration"):
        assert part in shown
        assert part in sent
    assert "Subject: Support: 7 classified, no clear change" in shown


def test_one_now_is_a_test_and_not_the_days(client: Client, project: Project, user: User) -> None:
    one = subscribed(project, user)
    assert client.post(url(project, "test")).status_code == 302
    message = mail.outbox[0]
    assert message.to == [user.email]
    assert message.subject.startswith("Test: Support:")
    assert "This is a test." in message.body
    assert "List-Unsubscribe" in message.extra_headers
    assert f"A test is on its way to {user.email}." in said(client, project)
    assert not Overview.objects.filter(subscription=one).exists()


def test_one_now_can_be_had_before_subscribing(
    client: Client, project: Project, user: User
) -> None:
    client.post(url(project, "test"))
    assert len(mail.outbox) == 1
    assert "Unsubscribe" not in mail.outbox[0].body
    assert not OverviewSubscription.objects.exists()


def test_a_test_that_fails_says_why(
    client: Client, project: Project, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Retryable("The mail server could not be reached (no route).")

    monkeypatch.setattr(email, "send", refuse)
    client.post(url(project, "test"))
    assert "The test was not sent. The mail server could not be reached" in said(client, project)


def test_a_server_without_mail_says_so(
    client: Client, project: Project, user: User, settings: object
) -> None:
    assert "No mail server is set." not in page(client, project)
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"  # type: ignore[attr-defined]
    assert "No mail server is set." in page(client, project)


def test_what_was_sent_stands_there_with_its_outcome(
    client: Client, project: Project, user: User
) -> None:
    one, now = subscribed(project, user), timezone.now()
    for days, state, error in ((2, "sent", ""), (1, "failed", "The mail server refuses ada.")):
        day = (now - timedelta(days=days)).date()
        overview = Overview.objects.create(
            subscription=one, day=day, start=now, end=now, created_at=now
        )
        Delivery.objects.create(
            project=project,
            overview=overview,
            kind="email",
            user=user,
            address=user.email,
            key=f"{days}",
            state=state,
            error=error,
            created_at=now,
            available_at=now,
        )
    sent = client.get(url(project)).context["sent"]
    assert [(each.outcome, each.error) for each in sent] == [
        ("Failed", "The mail server refuses ada."),
        ("Sent", ""),
    ]
    assert "The mail server refuses ada." in page(client, project)


def test_the_page_costs_the_same_whatever_was_sent(
    client: Client, project: Project, user: User, django_assert_max_num_queries: object
) -> None:
    one, now = subscribed(project, user), timezone.now()
    for days in range(5):
        Overview.objects.create(
            subscription=one,
            day=(now - timedelta(days=days)).date(),
            start=now,
            end=now,
            created_at=now,
        )
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        page(client, project)
