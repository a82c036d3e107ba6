"""What is kept for a day can be deleted before: by owners, who type its name once more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from teams.deletion import deleting, undoing
from teams.models import Membership, Project, Team
from tests.html import html_of
from tests.traces.arrivals import arrive, member, turn
from traces.models import Trace

pytestmark = pytest.mark.django_db
SOON = timedelta(minutes=3)


def test_an_owner_deletes_a_kept_project_for_good(client: Client, project: Project) -> None:
    arrive(project, *turn("a"))
    client.force_login(member(project, "owner"))
    undoing.delete_project(project, timezone.now())
    url = reverse("project_delete_now", args=[project.uuid])
    assert f'href="{url}"' in html_of(client.get(reverse("teams")))
    assert "nobody can bring it back" in " ".join(html_of(client.get(url)).split())
    assert client.post(url, {"typed": "another"}).status_code == 422
    assert client.post(url, {"typed": project.name})["Location"] == reverse("teams")
    assert "Restore" not in html_of(client.get(reverse("teams")))
    deleting.delete_marked(timezone.now() + SOON)
    assert not Project.with_deleted.filter(pk=project.pk).exists()
    assert not Trace.objects.filter(project_id=project.pk).exists()


def test_an_owner_deletes_a_kept_team_for_good(client: Client, project: Project) -> None:
    team = project.team
    client.force_login(member(project, "owner"))
    undoing.delete_team(team, timezone.now())
    url = reverse("team_delete_now", args=[team.uuid])
    assert f'href="{url}"' in html_of(client.get(reverse("teams")))
    client.post(url, {"typed": team.name})
    deleting.delete_marked(timezone.now() + SOON)
    assert not Team.with_deleted.filter(pk=team.pk).exists()


def test_an_admin_may_restore_and_not_delete_now(client: Client, project: Project) -> None:
    client.force_login(member(project, "admin"))
    undoing.delete_project(project, timezone.now())
    url = reverse("project_delete_now", args=[project.uuid])
    page = html_of(client.get(reverse("teams")))
    assert "Restore" in page
    assert url not in page
    client.post(url, {"typed": project.name})
    assert Project.with_deleted.get(pk=project.pk).kept_until is not None


def test_what_is_not_deleted_cannot_be_deleted_now(client: Client, project: Project) -> None:
    client.force_login(member(project, "owner"))
    for name, one in (("project_delete_now", project), ("team_delete_now", project.team)):
        answer = client.post(reverse(name, args=[one.uuid]), {"typed": one.name})
        assert answer["Location"] == reverse("teams")
    assert Project.objects.filter(pk=project.pk).exists()
    assert Membership.objects.filter(team=project.team).exists()
