"""Entries in the audit log about a person's account: one in the log of each team of theirs."""

from __future__ import annotations

from teams import audit
from teams.models import Team, User


def enter(action: str, user: User, **after: object) -> None:
    """Enter what was done to an account; the log of the operator has those of nobody's team."""
    teams: list[Team | None] = list(Team.objects.filter(memberships__user=user)) or [None]
    for team in teams:
        audit.record(
            action, kind="account", thing=user.email, thing_id=user.pk, team=team, after=after
        )
