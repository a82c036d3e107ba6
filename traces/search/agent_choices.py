"""Which agents a form offers: traffic can bring a hundred thousand, and no select holds so many."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from traces.models import Agent

MOST_OFFERED = 200


@dataclass(frozen=True, slots=True)
class AgentChoices:
    """agents: the first of a query, and the chosen one. has_more: there are others beside them."""

    agents: list[Agent]
    has_more: bool

    @property
    def by_uuid(self) -> dict[str, Agent]:
        return {str(agent.uuid): agent for agent in self.agents}


def agent_choices(
    agents: QuerySet[Agent], chosen: str = "", listed: QuerySet[Agent] | None = None
) -> AgentChoices:
    """Return the first MOST_OFFERED of `listed`, or of `agents`, in their order, and the one of
    `agents` whose uuid is chosen.

    chosen: as it stands in the address; what is no uuid, or of no agent, chooses none.
    """
    first = list((agents if listed is None else listed)[: MOST_OFFERED + 1])
    offered, has_more = first[:MOST_OFFERED], len(first) > MOST_OFFERED
    if chosen and chosen not in {str(agent.uuid) for agent in offered}:
        offered += _with_uuid(agents, chosen)
    return AgentChoices(offered, has_more)


def _with_uuid(agents: QuerySet[Agent], text: str) -> list[Agent]:
    try:
        return list(agents.filter(uuid=UUID(text)))
    except ValueError:
        return []
