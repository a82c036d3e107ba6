"""The page Health: for staff alone, with what is wrong, and what to do about it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.models import Cause, Incident
from core.background import heartbeats
from core.models import Backup
from runner.health import checks
from runner.health.watching import watch
from signals_app.queue import insertion
from teams.models import User
from tests.html import html_of
from tests.signals_app import conversations
from tests.signals_app.waiting import job_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Sign somebody in who looks after the program; nothing is remembered of other tests."""
    monkeypatch.setattr(watch, "look", checks.all_of)
    client.force_login(User.objects.create_user("op@example.org", is_staff=True))
    return client


def page(client: Client) -> str:
    answer = client.get(reverse("health"))
    assert answer.status_code == 200
    return html_of(answer)


def test_others_find_nothing(client: Client) -> None:
    client.force_login(User.objects.create_user("ada@example.org"))
    answer = client.get(reverse("health"))
    assert answer.status_code == 404
    assert reverse("health") not in answer.content.decode()


def test_it_stands_in_the_menu_of_staff_and_takes_nothing_else(staff: Client) -> None:
    assert f'href="{reverse("health")}"' in staff.get(reverse("health")).content.decode()
    assert staff.post(reverse("health")).status_code == 405


def test_what_is_wrong_stands_with_what_to_do(staff: Client) -> None:
    said = page(staff)
    assert "Something is wrong" in said
    assert "No worker has been heard of yet." in said
    assert "manage.py worker" in said
    heartbeats.write("sweep", timezone.now())
    assert "All is well." in page(staff)


def test_it_shows_queue_processes_backup_and_incidents(staff: Client) -> None:
    now = timezone.now()
    project = conversations.project()
    signal = conversations.signal(project)
    insertion.insert([job_of(signal, uuid4(), now - timedelta(hours=1))], now)
    Backup.objects.create(started_at=now, trouble="The folder is not there.")
    Incident.objects.create(
        team=project.team, project=project, cause=Cause.WORKER, words="Gone.", began_at=now
    )
    said = page(staff)
    assert "Oldest target to judge</dt><dd>1 h" in said
    assert "Targets that wait" in said
    assert "The folder is not there." in said
    assert "Gone." in said


def test_a_page_that_shows_the_same_is_left_as_it_is(staff: Client) -> None:
    answer = staff.get(reverse("health"), headers={"X-Shown": "another"})
    assert answer.status_code == 200
