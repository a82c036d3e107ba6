"""What ends when somebody leaves a team. The apps above enter what they hold of a person, in their
module `settings_panel`; called in the transaction of the leaving."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from teams import keys
from teams.models import ApiKey, Team, User

End = Callable[[User, Team, datetime], None]

_ends: list[End] = []


def register(end: End) -> None:
    """Have `end` called with the person, the team, and the moment, whenever somebody leaves."""
    if end not in _ends:
        _ends.append(end)


def has_left(user: User, team: Team, now: datetime) -> None:
    """End whatever a person had in the projects of a team, and nobody else needs."""
    for end in _ends:
        end(user, team, now)


def revoke_keys(user: User, team: Team, now: datetime) -> None:
    """Revoke the keys that the person has made: they may have kept the secrets."""
    mine = ApiKey.objects.filter(project__team=team, created_by=user, revoked_at=None)
    for key in mine.select_related("project"):
        keys.revoke(key, now)


register(revoke_keys)
