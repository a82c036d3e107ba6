"""What is deleted is out of reach at once, and can be restored for a day."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alerts.models import Alert, OverviewSubscription
from signals_app.models import JudgeJob, Signal
from signals_app.queue import asking, insertion, jobs
from signals_app.queue.asking import Fate
from signals_app.queue.jobs import HELD_UNTIL
from teams import keys
from teams.access import project_for
from teams.deletion import deleting, undoing
from teams.models import ApiKey, Project, Team, free_slug
from tests.alerts.overview.days import subscribed
from tests.alerts.watched import alert_of
from tests.html import html_of
from tests.signals_app.waiting import job_of
from tests.teams.filling import fill
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db

NOW = timezone.now()
SOON = NOW + timedelta(hours=23)
LATER = NOW + timedelta(hours=25)


def test_a_deleted_project_is_out_of_reach_at_once(project: Project) -> None:
    key, secret = keys.issue(project, "ci", None, now=NOW)
    owner = member(project, "owner")
    undoing.delete_project(project, NOW)
    with pytest.raises(Http404):
        project_for(owner, project.slug)
    with pytest.raises(keys.NoEntry):
        keys.opened_by(secret, NOW)
    with pytest.raises(Http404):
        project_for(ApiKey.objects.get(pk=key.pk), project.slug)


def test_restored_it_is_as_it_was(project: Project) -> None:
    _key, secret = keys.issue(project, "ci", None, now=NOW)
    owner, slug = member(project, "owner"), project.slug
    undoing.delete_project(project, NOW)
    assert not deleting.delete_marked(SOON) or Project.with_deleted.filter(pk=project.pk).exists()
    undoing.restore_project(project, SOON)
    assert project_for(owner, slug, manage=True) == project
    assert keys.opened_by(secret, SOON).project == project


def test_nothing_of_it_goes_for_a_day_and_everything_after_it(project: Project) -> None:
    fill(project)
    undoing.delete_project(project, NOW)
    assert deleting.delete_marked(SOON)
    assert Signal.objects.filter(project=project).exists()
    with pytest.raises(undoing.CannotRestore, match="too late"):
        undoing.restore_project(project, LATER)
    while not deleting.delete_marked(LATER):
        pass
    assert not Signal.objects.filter(project=project).exists()
    assert not Project.with_deleted.filter(pk=project.pk).exists()


def test_its_address_is_kept_for_it(project: Project) -> None:
    undoing.delete_project(project, NOW)
    assert free_slug(project.name) != project.slug


def test_what_is_kept_can_be_deleted_at_once(project: Project) -> None:
    undoing.delete_project(project, NOW)
    deleting.delete_project(Project.with_deleted.get(pk=project.pk), NOW)
    with pytest.raises(undoing.CannotRestore):
        undoing.restore_project(project, NOW)


def test_a_deleted_project_has_no_alert_evaluated_and_no_overview_sent(
    project: Project, signal: Signal
) -> None:
    alert_of(signal)
    subscribed(project, member(project))
    assert Alert.objects.evaluated_every_minute().exists()
    assert OverviewSubscription.objects.wanted().exists()
    undoing.delete_project(project, NOW)
    assert not Alert.objects.evaluated_every_minute().exists()
    assert not OverviewSubscription.objects.wanted().exists()
    undoing.restore_project(project, SOON)
    assert Alert.objects.evaluated_every_minute().exists()


def test_a_team_goes_and_comes_back_with_the_projects_that_went_with_it(project: Project) -> None:
    owner, team = member(project, "owner"), project.team
    before = Project.objects.create(team=team, name="Before")
    undoing.delete_project(before, NOW - timedelta(hours=2))
    undoing.delete_team(team, NOW)
    assert not owner.memberships.filter(team__deleted_at=None).exists()
    assert undoing.deleted_projects(owner, NOW) == []
    assert undoing.deleted_teams(owner, NOW) == [team]
    with pytest.raises(undoing.CannotRestore):
        undoing.restore_project(project, NOW)
    undoing.restore_team(team, SOON)
    assert list(Project.objects.filter(team=team)) == [project]
    with pytest.raises(undoing.CannotRestore):
        undoing.restore_team(team, SOON)


def test_a_team_is_gone_after_a_day(project: Project) -> None:
    team = project.team
    member(project, "owner")
    undoing.delete_team(team, NOW)
    deleting.delete_marked(SOON)
    assert Team.with_deleted.filter(pk=team.pk).exists()
    with pytest.raises(undoing.CannotRestore):
        undoing.restore_team(team, LATER)
    for _ in range(3):
        deleting.delete_marked(LATER)
    assert not Team.with_deleted.filter(pk=team.pk).exists()


def test_what_waits_for_a_judge_waits_on_until_the_project_is_back(
    project: Project, signal: Signal
) -> None:
    insertion.insert([job_of(signal, uuid4(), NOW)], NOW)
    undoing.delete_project(project, NOW)
    (job,) = jobs.claim(10, NOW)
    assert asking.fate(job, asking.wanted_by([job])) == Fate.HOLD
    jobs.release([jobs.Release(job, HELD_UNTIL)])
    undoing.restore_project(project, SOON)
    assert JudgeJob.objects.get().available_at == SOON
    (job,) = jobs.claim(10, SOON)
    assert asking.fate(job, asking.wanted_by([job])) == Fate.JUDGE


def test_deleting_a_project_asks_for_its_name_and_says_how_to_keep_a_copy(
    manager: Client, project: Project
) -> None:
    url = reverse("project_delete", args=[project.slug])
    assert "traces export" in html_of(manager.get(url))
    assert manager.post(url, {"typed": "Theirs"}).status_code == 422
    assert Project.objects.filter(pk=project.pk).exists()
    said = html_of(manager.post(url, {"typed": "Ours"}, follow=True))
    assert "You can restore it for a day." in said
    assert reverse("project_restore", args=[project.uuid]) in said
    assert manager.get(reverse("signals", args=[project.slug])).status_code == 404
    back = manager.post(reverse("project_restore", args=[project.uuid]))
    assert back["Location"] == reverse("signals", args=[project.slug])
    assert manager.get(back["Location"]).status_code == 200


@pytest.mark.parametrize("role", ["member", "viewer", None])
def test_below_an_admin_nobody_sees_or_restores_what_was_deleted(
    client: Client, project: Project, role: str | None
) -> None:
    elsewhere = Project.objects.create(team=Team.objects.create(name="T"), name="Mine")
    client.force_login(member(project if role else elsewhere, role or "owner"))
    undoing.delete_project(project, NOW)
    url = reverse("project_restore", args=[project.uuid])
    assert url not in html_of(client.get(reverse("teams")))
    assert "nothing to restore" in html_of(client.post(url, follow=True))
    assert not Project.objects.filter(pk=project.pk).exists()


def test_a_team_is_deleted_and_restored_by_its_owner_alone(
    client: Client, project: Project
) -> None:
    team = project.team
    delete, restore = (reverse(f"team_{do}", args=[team.uuid]) for do in ("delete", "restore"))
    client.force_login(member(project, "admin", "ada@example.org"))
    assert client.post(delete, {"typed": team.name}).status_code == 403
    client.force_login(member(project, "owner", "olga@example.org"))
    assert team.name in html_of(client.get(delete))
    assert client.post(delete, {"typed": "?"}).status_code == 422
    assert client.post(delete, {"typed": team.name})["Location"] == reverse("teams")
    assert client.get(reverse("members", args=[project.slug])).status_code == 404
    assert restore in html_of(client.get(reverse("teams")))
    client.post(restore)
    assert client.get(reverse("members", args=[project.slug])).status_code == 200
