"""Writing the audit log: called by verbs, in their transaction, so that what is undone by an error
is not said to have been done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone

from core.acting import who_acts
from teams.models import Project, Team
from teams.models.audit_entries import AuditEntry

#: No sender's text may fill the rows that it is kept in.
MOST_CHARS = 200
#: Of one value in `before` and `after`: a prompt is told by its beginning.
MOST_VALUE_CHARS = 300
MOST_ITEMS = 50
SECRET_NAMES = re.compile(r"secret|token|password|passphrase|digest|sealed|api_?key", re.IGNORECASE)
HIDDEN = "(not kept)"

Values = Mapping[str, Any]


def record(
    action: str,
    *,
    kind: str,
    thing: str,
    thing_id: object = "",
    project: Project | int | None = None,
    team: Team | None = None,
    before: Values | None = None,
    after: Values | None = None,
) -> None:
    """Add an entry to the audit log, of what `core.acting` says who acts.

    action: as `key.revoked`: what was done, the kind of thing before it. thing: its name at this
    time. project: with its team, which is entered too. before, after: the values that changed, if
    both are given; what is the same in both is left out, and with nothing left, no entry is made.
    """
    if before is not None and after is not None:
        before, after = _changed(before, after)
        if not before and not after:
            return
    if isinstance(project, int):
        project = Project.with_deleted.select_related("team").get(pk=project)
    if project is not None:
        team = team or Team.with_deleted.get(pk=project.team_id)
    acting = who_acts.get()
    AuditEntry.objects.create(
        at=timezone.now(),
        door=acting.door,
        address=_line(acting.address),
        user_id=acting.user_id,
        email=_line(acting.email),
        key=acting.key_uuid,
        key_name=_line(acting.key_name)[:100],
        program=_line(acting.program),
        team=team.uuid if team else None,
        team_name=team.name if team else "",
        project=project.uuid if project else None,
        project_name=project.name if project else "",
        action=action,
        kind=kind,
        thing_id=_line(str(thing_id))[:64],
        thing=_line(thing),
        before=_small(before) if before else None,
        after=_small(after) if after else None,
    )


def _changed(before: Values, after: Values) -> tuple[Values, Values]:
    same = {name for name in before if name in after and before[name] == after[name]}
    return (
        {name: value for name, value in before.items() if name not in same},
        {name: value for name, value in after.items() if name not in same},
    )


def _small(values: Values) -> dict[str, Any]:
    """Return the values as small JSON; what may be a secret is not kept, by its name."""
    return {
        _line(name): HIDDEN if SECRET_NAMES.search(name) and value else _value(value)
        for name, value in list(values.items())[:MOST_ITEMS]
    }


def _value(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return _small({str(name): each for name, each in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(each) for each in list(value)[:MOST_ITEMS]]
    if isinstance(value, date):
        return value.isoformat()
    return _clean(str(value), MOST_VALUE_CHARS)


def _line(text: str) -> str:
    return _clean(text, MOST_CHARS)


def _clean(text: str, most: int) -> str:
    """Return what PostgreSQL stores of a text, with an ellipsis where it is cut."""
    text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return text if len(text) <= most else text[: most - 1] + "…"
