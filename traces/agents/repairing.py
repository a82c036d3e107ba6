"""Agents that were made of ids which are none become one, by themselves (`deciding`)."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import connection, transaction

from core.background import leases
from core.background.leases import SoleWork
from traces.agents import merging, moving
from traces.agents.deciding import Fold, Seen, fold
from traces.models import Agent, AgentAlias, AgentMerge, AgentMoved
from traces.models.agents import UNDO_FOR

#: Of work in one tick, and for one merge.
BUDGET_S = 30.0
MOST_OF_ONE_NAME = 500

#: What was taken apart by a person stays apart.
SEVERAL = """
SELECT a.project_id, a.shown, array_agg(a.id ORDER BY a.id) FROM (
    SELECT project_id, id, coalesce(nullif(said_name, ''), name) AS shown FROM traces_agent a
    WHERE NOT EXISTS (
        SELECT 1 FROM traces_agentmerge m
        WHERE m.project_id = a.project_id AND m.source_id = a.id AND m.undone_at IS NOT NULL)
) a
GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2
"""

#: Runs are counted as far as they decide.
SEEN = """
SELECT a.id, a.identity, r.n, a.first_seen_at, a.last_seen_at, coalesce(s.service, '')
FROM traces_agent a
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT 1 FROM agent_trace WHERE project_id = a.project_id AND agent_id = a.id LIMIT 20) x) r
LEFT JOIN LATERAL (
    SELECT t.service FROM agent_trace l
    JOIN trace t ON t.project_id = l.project_id AND t.trace_id = l.trace_id
    WHERE l.project_id = a.project_id AND l.agent_id = a.id
    ORDER BY l.start_time DESC LIMIT 1) s ON true
WHERE a.project_id = %s AND a.id = ANY(%s)
ORDER BY a.id
"""


def look_after(now: datetime) -> None:
    """Fold what is one agent, let traffic follow merges and undos, forget what is too old to undo.

    One process at a time; what is left over is done by the next tick.
    """
    with leases.hold(SoleWork.AGENTS) as lease:
        if lease:
            until = time.monotonic() + BUDGET_S
            _advance(now, until)
            fold_all(now, until)
            _forget_old(now)


def fold_all(now: datetime, until: float | None = None) -> int:
    """Merge all that are one agent, and return how many went. until: of time.monotonic."""
    with connection.cursor() as cursor:
        cursor.execute(SEVERAL)
        groups = cursor.fetchall()
    folded = 0
    for project_id, name, ids in groups:
        if fold_of_name := fold(name, _seen(project_id, ids[:MOST_OF_ONE_NAME])):
            folded += _fold_one(project_id, name, fold_of_name, now, until)
    return folded


def _seen(project_id: int, ids: list[int]) -> list[Seen]:
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [project_id, ids])
        return [Seen(*row) for row in cursor.fetchall()]


def _fold_one(
    project_id: int, name: str, one_fold: Fold, now: datetime, until: float | None
) -> int:
    ids = list(one_fold.ids)
    into = one_fold.into or _owner(project_id, name)
    if into is None:
        into = _named(project_id, ids[0], name)
    folded = 0
    for pk in ids:
        agents = Agent.objects.in_bulk([pk, into])
        left = BUDGET_S if until is None else until - time.monotonic()
        if left <= 0:
            break
        if len(agents) == 2:
            merging.merge(agents[pk], agents[into], None, now, seconds=left)
            folded += 1
    return folded


def _owner(project_id: int, name: str) -> int | None:
    """Return the agent that has a name already, or an alias of that name."""
    agent = Agent.objects.filter(project_id=project_id, identity=name).first()
    alias = AgentAlias.objects.filter(project_id=project_id, identity=name).first()
    return agent.pk if agent else alias.agent_id if alias else None


@transaction.atomic
def _named(project_id: int, pk: int, name: str) -> int:
    """Let the name be the agent's identity, and its id an alias."""
    agent = Agent.objects.select_for_update().get(pk=pk)
    drawn, agent.identity = agent.identity, name
    agent.save(update_fields=["identity"])
    AgentAlias.objects.get_or_create(
        project_id=project_id, identity=drawn, defaults={"agent": agent}
    )
    return pk


def _advance(now: datetime, until: float) -> None:
    """Look at merges of late again: writers that had not heard of them leave rows."""
    there = AgentMerge.objects.filter(undone_at=None)
    late = there.filter(moved_at=None) | there.filter(at__gt=now - 5 * moving.UNHEARD)
    for made in late.order_by("pk"):
        moving.follow(made, now, max(0.1, until - time.monotonic()))
    for made in AgentMerge.objects.exclude(undone_at=None).filter(returned_at=None).order_by("pk"):
        moving.go_back(made, now, max(0.1, until - time.monotonic()))


def _forget_old(now: datetime) -> None:
    """Forget what an undo would need when it can be undone no more, or has been."""
    old = AgentMerge.objects.filter(at__lt=now - 2 * UNDO_FOR, undone_at=None)
    over = old | AgentMerge.objects.exclude(returned_at=None)
    ids = list(over.values_list("pk", flat=True))
    if ids:
        AgentMoved.objects.filter(merge_id__in=ids).delete()
