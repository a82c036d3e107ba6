"""Trouble of Signals itself is found, told once, and said to be over once."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.delivery import sending
from alerts.incidents import watching
from alerts.models import Alert, Cause, Delivery, Incident, Kind
from core.background import heartbeats
from signals_app.definition import states
from signals_app.judging.model_server import endpoints
from signals_app.models import JudgeJob, Signal
from signals_app.queue import working
from teams.models import Membership, Project
from tests.alerts.delivery.conftest import Servers
from tests.alerts.owed import connected, tell
from tests.alerts.watched import alert_of, began
from tests.signals_app import conversations
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import member, new_project

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MINUTE = timedelta(minutes=1)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def real_judge(settings: Any) -> None:
    settings.JUDGE_BASE_URL, settings.JUDGE_MODEL = "http://127.0.0.1:9/v1", "qwen3:8b"


@pytest.fixture
def project() -> Project:
    """Of a team with an owner, a member, and a reader."""
    made = new_project()
    for role in ("owner", "member", "viewer"):
        member(made, role, email=f"{role}@example.org")
    return made


@pytest.fixture
def signal(project: Project) -> Signal:
    made = new_signal(new_agent(project))
    began(made, timezone.now() - timedelta(days=1))
    return made


def open_causes() -> list[str]:
    return list(Incident.objects.open().order_by("pk").values_list("cause", flat=True))


def told() -> list[tuple[str, str]]:
    """Kind and address of every message that is owed, in the order of writing."""
    return list(Delivery.objects.order_by("pk").values_list("kind", "address"))


# What is found


def test_a_signal_that_stopped_itself_is_told_once_and_once_when_it_goes_on(
    signal: Signal, now: datetime
) -> None:
    states.block(signal.pk, "The judge refused the key (401).", now)
    for minutes in range(3):
        watching.watch(now + minutes * MINUTE)
    assert told() == [("email", "owner@example.org")]
    signal.refresh_from_db()
    states.resume(signal, None, now)
    for minutes in range(3, 6):
        watching.watch(now + minutes * MINUTE)
    assert told() == [("email", "owner@example.org")] * 2
    assert open_causes() == []


def test_a_pause_by_a_person_is_no_trouble(signal: Signal, now: datetime) -> None:
    states.pause(signal, None, now)
    assert watching.watch(now) == 0


def waiting_job(signal: Signal, since: datetime) -> None:
    conversations.send_traces(signal.project, 1, now=since, agent=signal.agent.name)
    working.sweep_once(since)
    JudgeJob.objects.update(created_at=since)
    assert JudgeJob.objects.exists()


@pytest.mark.parametrize(
    ("failed_ago", "succeeded_ago", "waits_for", "is_trouble"),
    [
        pytest.param(1, None, 15, True, id="it never answered"),
        pytest.param(1, 20, 15, True, id="it answered long ago"),
        pytest.param(1, 5, 15, False, id="it answered a moment ago"),
        pytest.param(20, 15, 15, False, id="it answered after its last failure"),
        pytest.param(1, 20, 5, False, id="nothing has waited long"),
        pytest.param(1, 20, None, False, id="nothing waits"),
        pytest.param(None, None, 15, False, id="it was never asked"),
    ],
)
def test_a_judge_that_only_fails_is_trouble_after_ten_minutes(
    signal: Signal,
    now: datetime,
    failed_ago: int | None,
    succeeded_ago: int | None,
    waits_for: int | None,
    is_trouble: bool,
) -> None:
    if waits_for is not None:
        waiting_job(signal, now - waits_for * MINUTE)
    if succeeded_ago is not None:
        endpoints.note_success("qwen3:8b", now - succeeded_ago * MINUTE)
    if failed_ago is not None:
        endpoints.note_error("qwen3:8b", "It could not be reached.", now - failed_ago * MINUTE)
    watching.watch(now)
    assert open_causes() == ([Cause.JUDGE] if is_trouble else [])


def test_a_judge_that_answers_again_ends_the_trouble(signal: Signal, now: datetime) -> None:
    waiting_job(signal, now - 30 * MINUTE)
    endpoints.note_error("qwen3:8b", "It could not be reached.", now)
    watching.watch(now)
    endpoints.note_success("qwen3:8b", now + MINUTE)
    watching.watch(now + MINUTE)
    assert open_causes() == []
    assert len(told()) == 2


def test_two_projects_of_a_team_hear_once_of_their_judge(signal: Signal, now: datetime) -> None:
    other = Project.objects.create(team=signal.project.team, name="Other")
    waiting_job(signal, now - 30 * MINUTE)
    waiting_job(new_signal(new_agent(other)), now - 30 * MINUTE)
    endpoints.note_error("qwen3:8b", "It could not be reached.", now)
    watching.watch(now)
    assert told() == [("email", "owner@example.org")]


@pytest.mark.parametrize("scope", ["trace", "span", "session"])
@pytest.mark.parametrize(
    ("targets", "rate", "is_silent"),
    [
        pytest.param(8, 1.0, True, id="eight targets"),
        pytest.param(4, 1.0, False, id="four may be chance"),
        pytest.param(8, 0.1, False, id="eight of which the sample takes one in ten"),
    ],
)
def test_an_active_signal_with_traffic_and_no_labels_is_silent(
    project: Project, now: datetime, scope: str, targets: int, rate: float, is_silent: bool
) -> None:
    on_ten = now.replace(minute=30)
    agent = new_agent(project)
    signal = new_signal(agent, scope=scope, sample_rate=rate)
    began(signal, on_ten - timedelta(days=1))
    settled_half_an_hour_ago(project, agent.name, targets, on_ten)
    JudgeJob.objects.all().delete()
    watching.watch(on_ten)
    assert open_causes() == ([Cause.NO_LABELS] if is_silent else [])


def settled_half_an_hour_ago(project: Project, agent: str, count: int, now: datetime) -> None:
    early = now - 31 * MINUTE
    for number in range(count):
        conversations.send_traces(project, 1, now=early, agent=agent, session=f"s{number}")
    working.sweep_once(early + MINUTE)
    working.sweep_once(early + MINUTE)


def test_one_label_of_the_hour_is_enough(signal: Signal, now: datetime) -> None:
    on_ten = now.replace(minute=30)
    settled_half_an_hour_ago(signal.project, signal.agent.name, 8, on_ten)
    label(signal, "true", at=on_ten - 20 * MINUTE)
    watching.watch(on_ten)
    assert open_causes() == []


def test_silence_that_the_judge_explains_is_not_told_as_well(signal: Signal, now: datetime) -> None:
    on_ten = now.replace(minute=30)
    settled_half_an_hour_ago(signal.project, signal.agent.name, 8, on_ten)
    JudgeJob.objects.update(created_at=on_ten - 30 * MINUTE)
    endpoints.note_error("qwen3:8b", "It could not be reached.", on_ten)
    watching.watch(on_ten)
    assert open_causes() == [Cause.JUDGE]


def test_silence_lasts_until_it_is_looked_for_again(signal: Signal, now: datetime) -> None:
    on_ten = now.replace(minute=30)
    settled_half_an_hour_ago(signal.project, signal.agent.name, 8, on_ten)
    watching.watch(on_ten)
    label(signal, "true", at=on_ten)
    watching.watch(on_ten + MINUTE)
    assert open_causes() == [Cause.NO_LABELS]
    watching.watch(on_ten + 10 * MINUTE)
    assert open_causes() == []


def test_a_worker_that_is_down_is_told_by_whoever_is_left(signal: Signal, now: datetime) -> None:
    assert watching.watch_worker(now) == 0  # none ever ran: the pages say so
    heartbeats.write("sweep", now - 4 * MINUTE)
    assert watching.watch_worker(now) == 0
    assert watching.watch_worker(now + 2 * MINUTE) == 1
    assert watching.watch_worker(now + 3 * MINUTE) == 0
    watching.watch(now + 3 * MINUTE)  # a pass of the others closes nothing of this one
    assert open_causes() == [Cause.WORKER]
    heartbeats.write("sweep", now + 4 * MINUTE)
    assert watching.watch_worker(now + 4 * MINUTE) == 1
    assert open_causes() == []


@pytest.mark.parametrize(
    ("free_mb", "least_mb", "is_trouble"),
    [(999, 1000, True), (1001, 1000, False), (1, 0, False)],
)
def test_a_disk_with_little_space_is_trouble(
    signal: Signal,
    now: datetime,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    free_mb: int,
    least_mb: int,
    is_trouble: bool,
) -> None:
    settings.DISK_FREE_MIN_MB, settings.DATABASE_URL = least_mb, ""
    usage = Usage(10**12, 0, free_mb * 1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    watching.watch(now)
    assert open_causes() == ([Cause.DISK] if is_trouble else [])


def test_teams_without_a_signal_are_left_in_peace(project: Project, now: datetime) -> None:
    heartbeats.write("sweep", now - timedelta(hours=1))
    assert watching.watch_worker(now) == 0


# Who is told, and how


@pytest.fixture
def alert(signal: Signal, servers: Servers) -> Alert:
    """Of the signal, with all its channels; the team has a Slack channel for trouble."""
    made = alert_of(signal, name="Angry <users>")
    connection = connected(signal.project.team)
    connection.trouble_channel, connection.trouble_channel_name = "C2", "#ops"
    connection.save()
    tell(made, Kind.EMAIL)
    tell(made, Kind.SLACK, "C1", address_name="#support")
    tell(made, Kind.WEBHOOK, f"{servers.webhook.url}hook")
    return made


def test_owners_and_the_recipients_of_sleeping_alerts_are_told_each_once(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    states.block(alert.signal_id, "The judge refused the key (401).", now)
    watching.watch(now)
    sending.send_due(now)
    assert sorted(servers.smtp.recipients) == [
        f"{role}@example.org" for role in ("member", "owner", "viewer")
    ]
    assert sorted(post["channel"] for post in servers.slack.posted) == ["C1", "C2"]
    assert "Angry &lt;users&gt;" in str(servers.slack.posted[0]["blocks"])
    assert [json.loads(request.body)["type"] for request in servers.webhook.requests] == [
        "alert.asleep"
    ]
    plain = servers.smtp.messages[0].get_body(["plain"])
    assert plain is not None
    text = plain.get_content()
    assert "The judge refused the key (401). Until then its targets wait" in text
    assert "The alert “Angry <users>” sleeps meanwhile: it cannot fire." in text
    assert f"/signals/{alert.signal.uuid}/" in text


def test_the_end_is_told_to_the_same_people(alert: Alert, servers: Servers, now: datetime) -> None:
    states.block(alert.signal_id, "The judge refused the key (401).", now)
    watching.watch(now)
    sending.send_due(now)
    alert.signal.refresh_from_db()
    states.resume(alert.signal, None, now)
    watching.watch(now + 90 * MINUTE)
    sending.send_due(now + 90 * MINUTE)
    assert [json.loads(request.body)["type"] for request in servers.webhook.requests].count(
        "alert.awake"
    ) == 1
    subjects = [message["Subject"].strip() for message in servers.smtp.messages]
    assert [subject.startswith("Over: ") for subject in subjects].count(True) == 3, subjects
    assert len(subjects) == 6


def test_who_muted_the_alert_or_left_the_team_hears_nothing(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    reader = Membership.objects.get(role="viewer")
    alert.mutes.create(user=reader.user)
    states.block(alert.signal_id, "The judge refused the key (401).", now)
    watching.watch(now)
    Membership.objects.get(role="member").delete()
    sending.send_due(now)
    assert servers.smtp.recipients == ["owner@example.org"]


def test_what_is_over_before_it_could_be_told_is_told_as_over_alone(
    alert: Alert, servers: Servers, now: datetime
) -> None:
    states.block(alert.signal_id, "The judge refused the key (401).", now)
    watching.watch(now)
    alert.signal.refresh_from_db()
    states.resume(alert.signal, None, now)
    watching.watch(now + MINUTE)
    while sending.send_due(now + MINUTE):
        pass
    assert all(message["Subject"].strip().startswith("Over: ") for message in servers.smtp.messages)
    assert set(Delivery.objects.values_list("is_end", "state")) == {
        (False, "dropped"),
        (True, "sent"),
    }


# Where it is seen


def test_the_pages_show_what_is_wrong_in_red(client: Client, signal: Signal, now: datetime) -> None:
    client.force_login(Membership.objects.get(role="viewer").user)
    url = f"/p/{signal.project.slug}/signals/"
    assert "rail-trouble" not in client.get(url).content.decode()
    states.block(signal.pk, "The judge refused the <key> (401).", now)
    watching.watch(now)
    for path in (url, f"/p/{signal.project.slug}/alerts/"):
        page = client.get(path).content.decode()
        assert "1 problem" in page
        assert "refused the &lt;key&gt; (401)" in page
    assert "Stopped itself" in client.get(url).content.decode()


def test_trouble_of_another_project_stays_there(
    client: Client, signal: Signal, now: datetime
) -> None:
    other = Project.objects.create(team=signal.project.team, name="Other")
    states.block(signal.pk, "The judge refused the key (401).", now)
    watching.watch(now)
    client.force_login(Membership.objects.get(role="viewer").user)
    assert "rail-trouble" not in client.get(f"/p/{other.slug}/signals/").content.decode()


def test_a_silent_signal_is_red_in_the_table(client: Client, signal: Signal, now: datetime) -> None:
    on_ten = now.replace(minute=30)
    settled_half_an_hour_ago(signal.project, signal.agent.name, 8, on_ten)
    watching.watch(on_ten)
    client.force_login(Membership.objects.get(role="viewer").user)
    page = client.get(f"/p/{signal.project.slug}/signals/").content.decode()
    assert "No labels</span>" in page
