"""Each verb that changes something leaves an entry in the audit log, of whoever acted."""

from __future__ import annotations

import pytest

from core.acting import Acting, Door, acting_as
from teams.models import AuditEntry, Project
from tests.deeds import DEEDS

ANNA = Acting(Door.PAGE, user_id=7, email="anna@example.org", address="192.0.2.4")


@pytest.mark.django_db
@pytest.mark.parametrize("path", sorted(DEEDS))
def test_a_verb_leaves_an_entry(path: str, project: Project) -> None:
    deed = DEEDS[path]
    team = project.team.uuid
    with acting_as(ANNA):
        deed.do(project)
    entry = AuditEntry.objects.filter(action=deed.action).newest_first()[0]
    assert (entry.email, entry.team) == (ANNA.email, team)
    assert entry.kind == deed.action.partition(".")[0] or entry.kind in {"traffic", "signal"}
    assert entry.thing
    assert "s3cret" not in str(entry.__dict__), "the address of a webhook may be a secret"
