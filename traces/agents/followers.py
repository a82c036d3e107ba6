"""What later apps keep of an agent, and how it follows a merge, without traces knowing them.

An app registers one extension in its module `agent_moves`, which `TracesConfig` finds. All of it
runs in the transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from traces.models import Agent


@dataclass(frozen=True, slots=True)
class Move:
    """One agent's traffic on its way to another, by their primary keys."""

    project_id: int
    from_id: int
    to_id: int


class AgentExtension(Protocol):
    name: str  # of what it keeps

    def merge(self, source: Agent, target: Agent) -> dict[str, Any]:
        """Give all that refers to `source` to `target`; returns, as JSON, what `unmerge` needs."""
        ...

    def unmerge(self, kept: Mapping[str, Any], source: Agent, target: Agent) -> None:
        """Give back to `source` what `merge` took from it."""
        ...

    def moved(self, move: Move, trace_ids: Sequence[UUID], sessions: Mapping[UUID, UUID]) -> None:
        """Follow these traces and sessions, which have moved; sessions: by old key the new one."""
        ...

    def following(self, agent: Agent) -> list[str]:
        """Say what moves with an agent, in words with counts: "2 signals with 120 labels"."""
        ...


_extensions: list[AgentExtension] = []


def register(extension: AgentExtension) -> None:
    if type(extension) not in {type(known) for known in _extensions}:
        _extensions.append(extension)


def merge(source: Agent, target: Agent) -> dict[str, Any]:
    return {extension.name: extension.merge(source, target) for extension in _extensions}


def unmerge(kept: Mapping[str, Any], source: Agent, target: Agent) -> None:
    for extension in _extensions:
        extension.unmerge(kept.get(extension.name, {}), source, target)


def moved(move: Move, trace_ids: Sequence[UUID], sessions: Mapping[UUID, UUID]) -> None:
    for extension in _extensions:
        extension.moved(move, trace_ids, sessions)


def following(agent: Agent) -> list[str]:
    return [words for extension in _extensions for words in extension.following(agent)]
