"""The name that a person gives to an agent: shown everywhere, and no part of its identity."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from teams import audit
from traces.models import Agent
from traces.models.agents import UNDO_FOR

MAX_NAME = 200


def rename(agent: Agent, name: str, now: datetime) -> None:
    """Rename an agent, on which traffic lands as before.

    Raises ValidationError with messages for the field `name`.
    """
    wanted = name.strip()
    if not wanted:
        raise ValidationError({"name": ["Give the agent a name."]})
    if len(wanted) > MAX_NAME:
        raise ValidationError({"name": [f"At most {MAX_NAME} characters."]})
    if wanted != agent.name:
        _set(agent, wanted, renamed_from=agent.name, renamed_at=now)


def undo(agent: Agent, now: datetime) -> None:
    """Give back the name before. Raises ValidationError with messages for the field `name`."""
    if not can_undo(agent, now):
        raise ValidationError({"name": ["There is no new name of the last day to take back."]})
    _set(agent, agent.renamed_from, renamed_from="", renamed_at=None)


def can_undo(agent: Agent, now: datetime) -> bool:
    until = undo_until(agent)
    return until is not None and now <= until


def undo_until(agent: Agent) -> datetime | None:
    return None if agent.renamed_at is None else agent.renamed_at + UNDO_FOR


@transaction.atomic
def _set(agent: Agent, name: str, renamed_from: str, renamed_at: datetime | None) -> None:
    """Set a name; one that traffic says is renewed by traffic again."""
    before = agent.name
    said = agent.said_name or (agent.name if not agent.is_renamed else "")
    agent.name, agent.said_name, agent.is_renamed = name, said, name != said
    agent.renamed_from, agent.renamed_at = renamed_from, renamed_at
    agent.save(update_fields=["name", "said_name", "is_renamed", "renamed_from", "renamed_at"])
    audit.record(
        "agent.renamed" if renamed_at else "agent.rename_undone",
        kind="agent",
        thing=name,
        thing_id=agent.uuid,
        project=agent.project_id,
        before={"name": before},
        after={"name": name},
    )
