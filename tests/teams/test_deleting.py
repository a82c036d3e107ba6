"""Nothing of a deleted project stays, and nothing of another one goes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from demo import people
from signals_app.models import LabelCount, Signal
from teams import tasks
from teams.deletion import deleting, project_tables
from teams.models import ApiKey, Membership, Project, Team, User
from tests.teams.filling import NOW, OUR_APPS, cascading_tables, fill
from tests.traces.receiving.served import served
from traces.models import Span

pytestmark = pytest.mark.django_db

LATER = NOW + deleting.ON_ITS_WAY

#: Tables whose rows belong to no project: people, teams, and what the processes know together.
OF_NO_PROJECT = {
    *("Heartbeat", "Lease", "User", "Team", "Membership", "SlackConnection", "SignInLink"),
    *("Invitation", "CounterValue", "TeamDay", "EnvironmentJudge"),
    *("JudgeState", "CountHorizon", "AuditEntry", "Backup"),
}


def new_project(name: str) -> Project:
    return Project.objects.create(team=Team.objects.create(name=name), name=name, slug=name)


def rows_by_table() -> dict[str, int]:
    """Count the rows of each table of ours that may hold rows of a project."""
    return {
        model.__name__: model._base_manager.count()
        for model in [*project_tables.project_tables(), *cascading_tables()]
    }


def columns_of(project_id: int) -> dict[str, int]:
    """Count a project's rows in every table of the database that has the column."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE a.attname = 'project_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                AND c.relnamespace = 'public'::regnamespace"""
        )
        counts = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" WHERE project_id = %s', [project_id])
            counts[table] = cursor.fetchone()[0]
    return counts


def test_each_table_belongs_to_a_project_or_is_known_not_to() -> None:
    ours = {model for model in apps.get_models() if model._meta.app_label in OUR_APPS}
    known = {Project, *project_tables.project_tables(), *cascading_tables()}
    assert {model.__name__ for model in ours - known} == OF_NO_PROJECT


def test_tables_go_before_those_that_they_refer_to() -> None:
    places = {model: place for place, model in enumerate(project_tables.project_tables())}
    for model, place in places.items():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model in places:
                other = places[field.related_model]
                assert place < other or field.related_model is model, (model, field.name)


def test_nothing_of_a_deleted_project_stays_and_all_of_another_does() -> None:
    gone, kept = new_project("gone"), new_project("kept")
    fill(gone)
    fill(kept)
    pk = gone.pk
    assert 0 not in columns_of(pk).values()
    assert set(rows_by_table().values()) == {2}
    kept_alone = columns_of(kept.pk)

    deleting.delete_project(gone, NOW)
    assert deleting.delete_marked(LATER)

    assert set(columns_of(pk).values()) == {0}
    assert columns_of(kept.pk) == kept_alone
    assert set(rows_by_table().values()) == {1}
    assert list(Project.with_deleted.all()) == [kept]


def test_more_rows_than_a_batch_go_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    project = new_project("gone")
    fill(project)
    LabelCount.objects.bulk_create(
        LabelCount(
            project_id=project.pk, signal_id=n, grain="m", bucket=NOW, version_id=1,
            source="live", outcome="labelled", label="yes", sample_rate=1.0, n=1,
        )
        for n in range(100, 125)
    )  # fmt: skip
    monkeypatch.setattr(project_tables, "BATCH", 10)
    deleting.delete_project(project, NOW)
    assert not deleting.delete_marked(LATER, work_s=0)  # its time is over after one batch
    assert Project.with_deleted.filter(pk=project.pk).exists()
    assert deleting.delete_marked(LATER)
    assert set(columns_of(project.pk).values()) == {0}


def test_what_was_on_its_way_goes_too() -> None:
    project = new_project("gone")
    deleting.delete_project(project, NOW)
    assert deleting.delete_marked(NOW + timedelta(seconds=1))
    late = LabelCount(
        project_id=project.pk, signal_id=1, grain="m", bucket=NOW, version_id=1,
        source="live", outcome="labelled", label="yes", sample_rate=1.0, n=1,
    )  # fmt: skip
    late.save(force_insert=True)
    assert Project.with_deleted.filter(pk=project.pk).exists()
    assert deleting.delete_marked(LATER)
    assert not LabelCount.objects.exists()
    assert not Project.with_deleted.filter(pk=project.pk).exists()


def test_the_task_goes_on_until_all_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[str] = []
    monkeypatch.setattr(deleting, "enqueue", queued.append)
    monkeypatch.setattr(tasks, "enqueue", queued.append)
    project = new_project("gone")
    fill(project)
    deleting.delete_project(project, NOW)
    monkeypatch.setattr(deleting.delete_marked, "__defaults__", (0.0,))
    for _ in range(100):
        if not queued:
            break
        queued.clear()
        tasks.delete_marked()
    assert set(columns_of(project.pk).values()) == {0}
    assert not Project.with_deleted.exists()


def test_a_marked_project_is_nowhere_on_the_pages(client: Client) -> None:
    user = User.objects.create_user("ada@example.org")
    project = new_project("gone")
    Membership.objects.create(team=project.team, user=user, role="owner")
    client.force_login(user)
    assert client.get("/p/gone/signals/").status_code == 200
    deleting.delete_project(project, NOW)
    assert client.get("/p/gone/signals/").status_code == 404
    assert client.get(f"/p/{project.slug}/signals/").status_code == 404
    assert "no project" in client.get("/", follow=True).content.decode().lower()
    assert new_project("gone").slug == "gone"  # the address is free


def test_a_deleted_demo_is_made_anew() -> None:
    user = people.ensure_user()
    first = people.ensure_project(user)
    deleting.delete_project(first, NOW)
    assert people.ensure_project(user).pk != first.pk


def test_a_team_goes_with_its_projects_and_leaves_its_people() -> None:
    project, other = new_project("gone"), new_project("kept")
    further = Project.objects.create(team=project.team, name="further")
    user = User.objects.create_user("ada@example.org")
    Membership.objects.create(team=project.team, user=user)
    fill(project)
    deleting.delete_team(project.team, NOW)
    assert list(Team.objects.all()) == [other.team]
    assert not Membership.objects.exists()
    assert deleting.delete_marked(LATER)
    assert list(Team.with_deleted.all()) == [other.team]
    assert set((columns_of(project.pk) | columns_of(further.pk)).values()) == {0}
    assert User.objects.filter(pk=user.pk).exists()


@pytest.fixture
def staff(client: Client) -> User:
    user = User.objects.create_superuser("root@example.org", "a-long-password")
    client.force_login(user)
    return user


@pytest.mark.parametrize("what", ["project", "team"])
@pytest.mark.parametrize("how", ["page", "list"])
def test_the_admin_deletes_in_this_way_too(
    client: Client, staff: User, what: str, how: str
) -> None:
    project = new_project("gone")
    fill(project)
    row = project if what == "project" else project.team
    if how == "page":
        url, data = reverse(f"admin:teams_{what}_delete", args=[row.pk]), {"post": "yes"}
    else:
        url = reverse(f"admin:teams_{what}_changelist")
        data = {"post": "yes", "action": "delete_selected", "_selected_action": str(row.pk)}
    before = client.post(url, {name: value for name, value in data.items() if name != "post"})
    assert "signals, labels and alerts" in before.content.decode()
    assert client.post(url, data).status_code == 302
    assert not type(row).objects.filter(pk=row.pk).exists()
    marked = Project.with_deleted.get(pk=project.pk)
    assert marked.deleted_at is not None
    assert deleting.delete_marked(marked.deleted_at + deleting.ON_ITS_WAY)
    assert set(columns_of(project.pk).values()) == {0}


def test_an_agent_cannot_be_deleted_in_the_admin_which_says_why(
    client: Client, staff: User
) -> None:
    project = new_project("kept")
    fill(project)
    agent = Signal.objects.get().agent
    url = reverse("admin:traces_agent_delete", args=[agent.pk])
    assert client.post(url, {"post": "yes"}).status_code == 403
    page = client.get(reverse("admin:traces_agent_change", args=[agent.pk])).content.decode()
    assert "An agent cannot be deleted" in page


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_traffic_with_its_key_is_refused_at_once_though_the_process_remembers_it() -> None:
    body = b'{"resourceSpans": []}'
    spans = (
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",'
        b'"spanId":"eee19b7ec3c1b174","name":"a","startTimeUnixNano":"1795000000000000000",'
        b'"endTimeUnixNano":"1795000001000000000"}]}]}]}'
    )
    as_json = {"Content-Type": "application/json"}
    with served() as server:
        assert server.post(spans, as_json)[0] == 200
        assert Span.objects.filter(project_id=server.project.pk).exists()
        deleting.delete_project(server.project, NOW)
        assert server.post(spans, as_json)[0] == 401
        assert server.post(body, as_json)[0] == 401  # no longer remembered: refused before its body
        assert deleting.delete_marked(LATER)
        assert not Span.objects.filter(project_id=server.project.pk).exists()
        assert not ApiKey.objects.exists()
