"""What an entry of the audit log says, and that it stays as it was written."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from core.acting import Acting, Door, acting_as
from teams import audit
from teams.models import AuditEntry, Project

pytestmark = pytest.mark.django_db

ANNA = Acting(Door.PAGE, user_id=7, email="anna@example.org", address="192.0.2.4")


def only() -> AuditEntry:
    return AuditEntry.objects.get()


def test_it_says_who_did_what_where_and_from_where(project: Project) -> None:
    with acting_as(ANNA):
        audit.record(
            "key.revoked", kind="key", thing="ci", thing_id=project.uuid, project=project.pk
        )
    entry = only()
    assert (entry.email, entry.user_id, entry.door) == ("anna@example.org", 7, "page")
    assert entry.address == "192.0.2.4"
    assert (entry.action, entry.thing, entry.thing_id) == ("key.revoked", "ci", str(project.uuid))
    assert (entry.project, entry.project_name) == (project.uuid, project.name)
    assert (entry.team, entry.team_name) == (project.team.uuid, project.team.name)


def test_it_keeps_only_what_changed(project: Project) -> None:
    audit.record(
        *("project.changed",),
        kind="project",
        thing="p",
        project=project,
        before={"name": "old", "idle": 5},
        after={"name": "new", "idle": 5},
    )
    assert (only().before, only().after) == ({"name": "old"}, {"name": "new"})


def test_a_change_of_nothing_is_none(project: Project) -> None:
    same = {"name": "old"}
    audit.record("project.changed", kind="project", thing="p", before=same, after=dict(same))
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("name", ["secret", "api_key", "token_sealed", "password"])
def test_no_secret_is_kept_whoever_hands_one_over(name: str) -> None:
    audit.record("x.made", kind="x", thing="x", after={name: "sk-1234", "in": {name: "sk-1234"}})
    assert "sk-1234" not in str(only().after)


def test_what_postgresql_refuses_and_what_is_long_is_kept_as_far_as_it_can_be() -> None:
    audit.record("x.made", kind="x", thing="a\x00\ud800" + "b" * 500, after={"prompt": "c" * 9_000})
    assert only().thing.startswith("a?bbb")
    assert len(only().thing) == 200
    assert len((only().after or {})["prompt"]) == 300


def test_an_entry_goes_with_the_transaction_that_failed() -> None:
    with transaction.atomic():
        audit.record("x.made", kind="x", thing="x")
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("act", ["update", "delete"])
def test_an_entry_is_neither_changed_nor_deleted(act: str) -> None:
    audit.record("x.made", kind="x", thing="x")
    changes = {"update": {"email": "somebody@example.org"}, "delete": {}}[act]
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        getattr(AuditEntry.objects.all(), act)(**changes)
    assert only().email == ""


def test_it_outlives_the_project(project: Project) -> None:
    audit.record("x.made", kind="x", thing="x", project=project)
    name = project.name
    project.delete()
    assert only().project_name == name
