"""The demo is made once, and its key can be shown at each start."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from demo import keys, load, people
from teams.models import ApiKey, Membership, Project, Team, User, digest_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path / "data"
    return tmp_path / "data"


@pytest.fixture
def project() -> Project:
    return people.ensure_project(people.ensure_user())


def test_the_demo_has_one_user_one_team_and_one_project(project: Project) -> None:
    again = people.ensure_project(people.ensure_user())
    assert again == project
    assert (project.slug, project.is_demo) == ("demo", True)
    assert User.objects.count() == Team.objects.count() == Project.objects.count() == 1
    assert Membership.objects.get().role == Membership.Role.OWNER


def test_nobody_signs_in_to_the_demo_by_password(project: Project) -> None:
    assert not User.objects.get().has_usable_password()


def test_a_project_that_took_the_name_demo_keeps_it() -> None:
    theirs = Project.objects.create(team=Team.objects.create(name="T"), name="Demo", slug="demo")
    ours = people.ensure_project(people.ensure_user())
    assert ours != theirs
    assert ours.slug.startswith("demo-")


def test_the_key_is_the_same_at_each_start_and_readable_by_its_owner_alone(
    project: Project, data_dir: Path
) -> None:
    secret = keys.ensure(project)
    assert keys.ensure(project) == secret
    assert load.credentials() == (User.objects.get(), secret)
    assert ApiKey.objects.get().digest == digest_of(secret)
    assert stat.S_IMODE((data_dir / "demo_key").stat().st_mode) == 0o600


def test_a_key_that_the_database_does_not_know_is_made_anew(project: Project) -> None:
    secret = keys.ensure(project)
    ApiKey.objects.all().delete()
    assert keys.ensure(project) != secret
    assert ApiKey.objects.get().digest == digest_of(keys.ensure(project))


def test_a_revoked_key_is_replaced(project: Project) -> None:
    secret = keys.ensure(project)
    ApiKey.objects.get().revoke(timezone.now())
    assert keys.ensure(project) != secret


def test_the_demos_key_may_write_and_one_that_may_not_is_replaced(project: Project) -> None:
    secret = keys.ensure(project)
    assert ApiKey.objects.get().can_write
    ApiKey.objects.update(rights="read")
    assert keys.ensure(project) != secret


def test_an_expired_key_is_replaced(project: Project) -> None:
    secret = keys.ensure(project)
    ApiKey.objects.update(expires_at=timezone.now())
    assert keys.ensure(project) != secret


def test_a_lost_key_file_makes_a_new_key(project: Project, data_dir: Path) -> None:
    secret = keys.ensure(project)
    (data_dir / "demo_key").unlink()
    assert keys.ensure(project) != secret
