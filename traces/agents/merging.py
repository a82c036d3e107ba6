"""One agent is another from now on, and for a day that can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dateparse import parse_datetime

from teams import audit
from teams.models import User
from traces.agents import followers, moving
from traces.ingest import agent_ids
from traces.models import Agent, AgentAlias, AgentMerge
from traces.models.agents import UNDO_FOR

#: What the request of a person waits for the traffic to follow; the worker does the rest.
AT_ONCE_S = 2.0

_SOURCE = ("uuid", "identity", "name", "said_name", "is_renamed", "first_seen_at", "last_seen_at",
           "renamed_from", "renamed_at")  # fmt: skip
_TIMES = ("first_seen_at", "last_seen_at", "renamed_at")


def merge(
    source: Agent, target: Agent, by: User | None, now: datetime, seconds: float = AT_ONCE_S
) -> AgentMerge:
    """Make all of `source` part of `target` from now on: its traffic, past and to come, and what
    refers to it. Raises ValidationError with messages for the field `into`.

    Its past traffic follows within `seconds`, newest first, or else with the worker's next ticks.
    """
    with transaction.atomic():
        source, target = _locked(source, target)
        made = AgentMerge.objects.create(
            project_id=source.project_id,
            target=target,
            into_id=target.pk,
            source_id=source.pk,
            source={name: _plain(getattr(source, name)) for name in _SOURCE},
            by=by,
            at=now,
        )
        made.kept = _kept(source, target)
        made.save(update_fields=["kept"])
        AgentAlias.objects.filter(agent=source).update(agent=target)
        AgentMerge.objects.filter(target=source).update(target=target)
        Agent.objects.filter(pk=target.pk).update(
            first_seen_at=min(source.first_seen_at, target.first_seen_at),
            last_seen_at=max(source.last_seen_at, target.last_seen_at),
        )
        Agent.objects.filter(pk=source.pk).delete()
        AgentAlias.objects.filter(project_id=source.project_id, identity=source.identity).delete()
        AgentAlias.objects.create(
            project_id=source.project_id, agent=target, identity=source.identity, merge=made
        )
        audit.record(
            "agent.merged",
            kind="agent",
            thing=source.name,
            thing_id=source.uuid,
            project=source.project_id,
            after={"into": target.name, "into_uuid": str(target.uuid)},
        )
    agent_ids.forget()
    moving.follow(made, now, seconds)
    return made


def undo(made: AgentMerge, now: datetime, seconds: float = AT_ONCE_S) -> Agent:
    """Bring the agent back that was merged away, with what was its own and its traffic of the time
    in between. Raises ValidationError with messages for the field `merge`."""
    with transaction.atomic():
        made = AgentMerge.objects.select_for_update().get(pk=made.pk)
        _check_undo(made, now)
        target = Agent.objects.select_for_update().get(pk=made.target_id)
        AgentAlias.objects.filter(merge=made).delete()
        source = _revived(made)
        AgentAlias.objects.filter(pk__in=made.kept["aliases"], agent=target).update(agent=source)
        AgentMerge.objects.filter(pk__in=made.kept["merges"], target=target).update(target=source)
        if target.first_seen_at == source.first_seen_at:
            first = parse_datetime(made.kept["first_seen_at"])
            Agent.objects.filter(pk=target.pk).update(first_seen_at=first)
        followers.unmerge(made.kept["of"], source, target)
        made.undone_at = now
        made.save(update_fields=["undone_at"])
        audit.record(
            "agent.merge_undone",
            kind="agent",
            thing=source.name,
            thing_id=source.uuid,
            project=made.project_id,
            before={"into": target.name, "into_uuid": str(target.uuid)},
        )
    agent_ids.forget()
    moving.go_back(made, now, seconds)
    return source


def undoable(agent: Agent, now: datetime) -> list[AgentMerge]:
    """Return what was merged into an agent and can be taken back, the newest first."""
    merges = AgentMerge.objects.filter(target=agent, undone_at=None, at__gt=now - UNDO_FOR)
    return list(merges.select_related("by").order_by("-at", "-pk"))


def survivor(project_id: int, uuid: UUID) -> Agent | None:
    """Return what an agent has become that is gone; None for one that never was."""
    merges = AgentMerge.objects.filter(
        project=project_id, source__uuid=str(uuid), undone_at=None
    ).select_related("target")
    made = merges.order_by("-at").first()
    return made.target if made else None


def _locked(source: Agent, target: Agent) -> tuple[Agent, Agent]:
    if source.pk == target.pk:
        raise ValidationError({"into": ["Choose another agent: this one cannot become itself."]})
    if source.project_id != target.project_id:
        raise ValidationError({"into": ["Choose an agent of this project."]})
    rows = Agent.objects.select_for_update().filter(pk__in=[source.pk, target.pk])
    there = {agent.pk: agent for agent in rows.order_by("pk")}
    if len(there) < 2:
        gone = "One of the two has been merged away meanwhile. Reload the page."
        raise ValidationError({"into": [gone]})
    return there[source.pk], there[target.pk]


def _kept(source: Agent, target: Agent) -> dict[str, Any]:
    """Return what an undo needs to know."""
    return {
        "aliases": list(AgentAlias.objects.filter(agent=source).values_list("pk", flat=True)),
        "merges": list(AgentMerge.objects.filter(target=source).values_list("pk", flat=True)),
        "first_seen_at": target.first_seen_at.isoformat(),
        "of": followers.merge(source, target),
    }


def _check_undo(made: AgentMerge, now: datetime) -> None:
    if made.undone_at is not None:
        raise ValidationError({"merge": ["This was undone already."]})
    if now > made.undo_until:
        late = "More than a day has passed: this can no longer be undone."
        raise ValidationError({"merge": [late]})
    if made.into_id != made.target_id:
        later = f"What it was merged into is part of “{made.target.name}” since. Undo that first."
        raise ValidationError({"merge": [later]})


def _revived(made: AgentMerge) -> Agent:
    values = {name: made.source[name] for name in _SOURCE}
    values |= {name: parse_datetime(values[name]) for name in _TIMES if values[name]}
    agent = Agent.objects.create(pk=made.source_id, project_id=made.project_id, **values)
    agent.refresh_from_db()
    return agent


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)
