"""What a key may do, until when, and with which sentence every door refuses it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone

from teams import keys
from teams.access import project_for, project_of
from teams.deletion import deleting
from teams.keys import NoEntry, opened_by, secret_of
from teams.models import ApiKey, Project, Rights

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def a_key(project: Project, **words: Any) -> tuple[ApiKey, str]:
    return keys.issue(project, "ci", None, now=NOW, **words)


def refusal(secret: str | None, now: datetime = NOW) -> str:
    with pytest.raises(NoEntry) as refused:
        opened_by(secret, now)
    return str(refused.value)


def test_a_key_may_read_and_write_unless_it_is_made_to_read(project: Project) -> None:
    assert a_key(project)[0].can_write
    assert not a_key(project, rights=Rights.READ)[0].can_write


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rights", "admin"),
        ("rights", ""),
        ("note", "x" * 201),
        ("note", "a\x00b"),
        ("note", "a\udc00"),
        ("note", "one\ntwo"),
        ("expires_at", NOW),
        ("expires_at", NOW - timedelta(days=1)),
        ("expires_at", datetime(2027, 1, 1)),
        ("expires_at", datetime(9999, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    project: Project, field: str, value: object
) -> None:
    with pytest.raises(ValidationError) as refused:
        a_key(project, **{field: value})
    assert list(refused.value.message_dict) == [field]
    assert not ApiKey.objects.exists()


def test_the_database_holds_no_other_rights(project: Project) -> None:
    with pytest.raises(IntegrityError, match="a_key_reads_or_reads_and_writes"):
        ApiKey.objects.issue(project, "ci", rights="admin")


def test_a_good_secret_opens_the_project_in_one_question_and_a_note_of_its_use(
    project: Project, django_assert_num_queries: Any
) -> None:
    key, secret = a_key(project)
    with django_assert_num_queries(2):
        found = opened_by(secret, NOW)
        assert (found, project_of(found).team) == (key, project.team)
    with django_assert_num_queries(1):
        opened_by(secret, NOW + timedelta(seconds=59))
    key.refresh_from_db()
    assert key.last_used_at == NOW
    opened_by(secret, NOW + timedelta(seconds=61))
    key.refresh_from_db()
    assert key.last_used_at == NOW + timedelta(seconds=61)


def test_each_refusal_says_what_to_do(project: Project) -> None:
    assert refusal(None) == refusal("") == keys.MISSING
    assert refusal("sk-signals-no") == refusal("x" * 501) == keys.UNKNOWN
    assert refusal("\x00") == refusal("\ud800") == keys.UNKNOWN
    key, secret = a_key(project)
    keys.revoke(key, NOW)
    assert refusal(secret) == keys.REVOKED
    assert ApiKey.objects.get().last_used_at is None


def test_an_expired_key_says_when_it_expired_and_what_to_do(project: Project) -> None:
    _, secret = a_key(project, expires_at=NOW + timedelta(hours=1))
    assert opened_by(secret, NOW + timedelta(minutes=59))
    assert refusal(secret, NOW + timedelta(hours=1)) == (
        "The API key expired on 2026-11-27 at 13:00 UTC. Make a new one in the project's settings."
    )


def test_a_project_that_is_being_deleted_is_opened_by_nothing(project: Project) -> None:
    _, secret = a_key(project)
    deleting.delete_project(project, NOW)
    late, late_secret = a_key(project)
    assert refusal(secret) == refusal(late_secret) == keys.UNKNOWN
    with pytest.raises(Http404):
        project_of(late)
    with pytest.raises(Http404):
        project_for(late, project.slug)


def test_a_key_that_may_read_opens_the_project_for_reading_only(project: Project) -> None:
    key, _ = a_key(project, rights=Rights.READ)
    assert project_for(key, "ours") == project_of(key) == project
    assert not project_of(key).viewer_can_write
    with pytest.raises(PermissionDenied) as refused:
        project_for(key, "ours", write=True)
    assert str(refused.value) == keys.READ_ONLY_KEY
    with pytest.raises(PermissionDenied) as refused:
        project_of(key, write=True)
    assert str(refused.value) == keys.READ_ONLY_KEY
    with pytest.raises(Http404):
        project_for(key, "other", write=True)


def test_a_key_that_may_write_does_both(project: Project) -> None:
    key, _ = a_key(project)
    assert project_for(key, "ours", write=True).viewer_can_write
    assert project_of(key, write=True).viewer_can_write


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_a_key_that_is_over_reaches_no_project(project: Project, end: str) -> None:
    key, _ = a_key(project)
    if end == "revoked":
        keys.revoke(key, timezone.now())
    else:
        key.expires_at = timezone.now() - timedelta(seconds=1)
    with pytest.raises(Http404):
        project_for(key, "ours")
    with pytest.raises(Http404):
        project_of(key)


def test_valid_keys_are_neither_revoked_nor_expired(project: Project) -> None:
    never, _ = a_key(project)
    later, _ = a_key(project, expires_at=NOW + timedelta(hours=1))
    revoked, _ = a_key(project)
    keys.revoke(revoked, NOW)
    assert set(ApiKey.objects.valid(NOW)) == {never, later}
    assert set(ApiKey.objects.valid(NOW + timedelta(hours=1))) == {never}


def test_revoking_twice_keeps_the_first_moment(project: Project) -> None:
    key, _ = a_key(project)
    keys.revoke(key, NOW)
    keys.revoke(key, NOW + timedelta(days=1))
    key.refresh_from_db()
    assert key.revoked_at == NOW


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer sk-signals-a"},
        {"Authorization": "Basic cGs6c2stc2lnbmFscy1h"},
        {"X-Api-Key": "sk-signals-a"},
    ],
)
def test_a_key_is_found_where_a_request_to_django_carries_it(headers: dict[str, str]) -> None:
    assert secret_of(RequestFactory().get("/", headers=headers)) == "sk-signals-a"


def test_a_request_without_a_key_has_none() -> None:
    assert secret_of(RequestFactory().get("/")) is None
