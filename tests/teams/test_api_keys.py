from __future__ import annotations

import pytest
from django.utils import timezone

from teams.models import ApiKey, Project, digest_of

pytestmark = pytest.mark.django_db


def test_a_key_is_stored_as_a_hash_only(project: Project) -> None:
    key, secret = ApiKey.objects.issue(project, "ci")
    row = ApiKey.objects.filter(pk=key.pk).values_list().get()
    assert bytes(key.digest) == digest_of(secret)
    assert all(secret not in str(value) for value in row)
    assert secret.startswith(key.shown)
    assert len(secret) - len(key.shown) > 30


def test_a_revoked_key_is_no_longer_valid(project: Project) -> None:
    key, _secret = ApiKey.objects.issue(project, "ci")
    assert key in ApiKey.objects.valid(timezone.now())
    key.revoke(timezone.now())
    assert key not in ApiKey.objects.valid(timezone.now())


def test_two_projects_of_one_name_have_two_addresses(project: Project) -> None:
    other = Project.objects.create(team=project.team, name="Ours")
    assert project.slug == "ours"
    assert other.slug.startswith("ours-")
