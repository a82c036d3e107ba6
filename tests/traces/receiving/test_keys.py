"""Keys are looked up once in a while, and stop soon after they are revoked."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from teams.deletion import deleting
from teams.keys import READ_ONLY_KEY, NoEntry, secret_in
from teams.models import ApiKey, Project
from tests.traces.making import NOW, a_project, raw_connection
from traces.receiving import keys
from traces.receiving.keys import KeyRing, ReadOnly

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def enter(ring: KeyRing, secret: str) -> keys.Entry:
    return ring.remembered(secret) or ring.look_up(raw_connection(), secret)


def test_a_key_opens_its_project_and_tells_its_idle_time() -> None:
    project = a_project()
    project.session_idle_s = 45
    project.save()
    key, secret = ApiKey.objects.issue(project, "one")
    entry = enter(KeyRing(), secret)
    assert (entry.project_id, entry.key_id, entry.session_idle_s) == (project.pk, key.pk, 45)


def test_a_key_is_remembered_for_less_than_a_second() -> None:
    assert keys.REMEMBER_S < 1
    assert keys.REMEMBER_UNKNOWN_S <= 1


def test_nothing_more_is_stored_in_a_project_that_is_marked_deleted() -> None:
    project = a_project()
    _key, secret = ApiKey.objects.issue(project, "one")
    ring = KeyRing()
    entry = enter(ring, secret)
    Project.objects.filter(pk=project.pk).update(deleted_at=NOW)
    with pytest.raises(NoEntry, match="not known"):
        ring.confirm(raw_connection(), entry)


def test_a_revoked_key_stops_when_it_is_no_longer_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "REMEMBER_S", 0.2)
    key, secret = ApiKey.objects.issue(a_project(), "one")
    ring = KeyRing()
    enter(ring, secret)
    key.revoke(NOW)
    assert enter(ring, secret).key_id == key.pk
    time.sleep(0.25)
    with pytest.raises(NoEntry, match="revoked"):
        enter(ring, secret)
    with pytest.raises(NoEntry, match="revoked"):
        ring.remembered(secret)


def test_a_key_that_is_made_after_it_was_tried_works_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "REMEMBER_UNKNOWN_S", 0.1)
    key, secret = ApiKey.objects.issue(a_project(), "one")
    digest, ring = key.digest, KeyRing()
    ApiKey.objects.filter(pk=key.pk).update(digest=b"another")
    with pytest.raises(NoEntry, match="not known"):
        enter(ring, secret)
    ApiKey.objects.filter(pk=key.pk).update(digest=digest)
    time.sleep(0.15)
    assert enter(ring, secret).key_id == key.pk


def test_a_key_that_may_read_only_sends_nothing() -> None:
    key, secret = ApiKey.objects.issue(a_project(), "one", rights="read")
    ring = KeyRing()
    for _ in range(2):  # asked, and remembered
        with pytest.raises(ReadOnly) as refused:
            enter(ring, secret)
        assert str(refused.value) == READ_ONLY_KEY
        assert refused.value.entry.key_id == key.pk


def test_a_key_that_expires_while_it_is_remembered_stops_at_that_moment() -> None:
    soon = timezone.now() + timedelta(seconds=0.4)
    _key, secret = ApiKey.objects.issue(a_project(), "one", expires_at=soon)
    ring = KeyRing()
    entry = enter(ring, secret)
    ring.confirm(raw_connection(), entry)
    time.sleep(0.45)
    said = f"The API key expired on {soon:%Y-%m-%d at %H:%M} UTC. Make a new one"
    with pytest.raises(NoEntry, match=said):
        ring.remembered(secret)
    with pytest.raises(NoEntry, match=said):
        KeyRing().look_up(raw_connection(), secret)
    with pytest.raises(NoEntry, match=said):
        ring.confirm(raw_connection(), entry)


def test_what_a_key_may_is_known_without_a_question_more(django_assert_num_queries: Any) -> None:
    _key, secret = ApiKey.objects.issue(a_project(), "one", expires_at=timezone.now() + DAY)
    ring = KeyRing()
    enter(ring, secret)
    with django_assert_num_queries(0):
        assert ring.remembered(secret) is not None


def test_a_key_that_is_made_while_its_project_is_deleted_opens_nothing() -> None:
    project = a_project()
    deleting.delete_project(project, NOW)
    _key, secret = ApiKey.objects.issue(project, "late")
    with pytest.raises(NoEntry, match="not known"):
        enter(KeyRing(), secret)


def test_a_missing_key_is_no_entry() -> None:
    with pytest.raises(NoEntry, match="No API key"):
        KeyRing().remembered(None)


def test_the_use_of_a_key_is_written_at_most_once_a_minute() -> None:
    key, secret = ApiKey.objects.issue(a_project(), "one")
    ring = KeyRing()
    entry = enter(ring, secret)
    ring.used(raw_connection(), entry, NOW)
    ring.used(raw_connection(), entry, NOW + timedelta(seconds=5))
    key.refresh_from_db()
    assert key.last_used_at == NOW
    KeyRing().used(raw_connection(), entry, NOW + timedelta(seconds=59))
    key.refresh_from_db()
    assert key.last_used_at == NOW
    KeyRing().used(raw_connection(), entry, NOW + timedelta(seconds=61))
    key.refresh_from_db()
    assert key.last_used_at == NOW + timedelta(seconds=61)


HEADERS = [
    pytest.param({b"authorization": b"Bearer abc"}, "abc", id="bearer"),
    pytest.param({b"authorization": b"bearer   abc "}, "abc", id="bearer in small letters"),
    pytest.param({b"authorization": b"Bearer%20abc"}, "abc", id="bearer left URL-encoded"),
    pytest.param({b"authorization": b"Basic cGs6YWJj"}, "abc", id="password of basic"),
    pytest.param({b"authorization": b"Basic YWJjOg=="}, "abc", id="user of basic"),
    pytest.param({b"authorization": b"sk-signals-abc"}, "sk-signals-abc", id="the bare key"),
    pytest.param({b"x-api-key": b" abc"}, "abc", id="x-api-key"),
    pytest.param({b"authorization": b"Digest x", b"x-api-key": b"abc"}, "abc", id="another scheme"),
    pytest.param({b"authorization": b"Basic !!"}, None, id="basic that is not base64"),
    pytest.param({b"authorization": b"Bearer"}, None, id="bearer of nothing"),
    pytest.param({}, None, id="nothing"),
]


@pytest.mark.parametrize(("headers", "secret"), HEADERS)
def test_the_key_is_found_where_senders_put_it(
    headers: dict[bytes, bytes], secret: str | None
) -> None:
    assert secret_in(headers) == secret
