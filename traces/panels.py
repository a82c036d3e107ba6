"""Where later apps add to the explorer, without traces knowing them.

An app registers one extension in its module `explorer`, which `TracesConfig` finds. The
explorer asks each extension for filter fields, for the labels of what it shows, and for
counts; every question is asked once a page, never once a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django import forms

from teams.models import Project
from traces.models import Trace
from traces.querysets import TraceQuerySet


@dataclass(frozen=True, slots=True)
class Mark:
    """One judgement of a trace, or of one of its spans, or of its session.

    Without a `label` the target has no label, and `reason` says why.
    """

    title: str  # of what judged, such as the signal's name
    url: str  # leads to it
    scope: str  # "span", "trace" or "session"
    label: str | None
    tone: str  # the label's colour, as the look names it: "negative-1"
    explanation: str
    reason: str
    judge: str  # the model that answered
    span_id: str  # 16 hex digits, "" unless the scope is span
    at: datetime
    note: str = ""  # what else the reader must know, such as "cut by 3,000 characters"


@dataclass(frozen=True, slots=True)
class Linked:
    """A count and where the counted things are."""

    count: int
    url: str


class TraceExtension(Protocol):
    def filter_fields(self, project: Project) -> dict[str, forms.Field]:
        """Fields of the trace list's filter form; names must not collide."""
        ...

    def narrow(
        self, traces: TraceQuerySet, project: Project, chosen: dict[str, Any]
    ) -> TraceQuerySet:
        """The traces that the cleaned values of `filter_fields` leave."""
        ...

    def marks(self, project: Project, traces: Sequence[Trace]) -> dict[UUID, list[Mark]]:
        """What was judged of each trace, of its spans and of its session, by trace id."""
        ...

    def counts_of_agents(self, project: Project) -> dict[int, Linked]:
        """What the agents' list says beside each agent, by the agent's primary key."""
        ...


_extensions: list[TraceExtension] = []


def register(extension: TraceExtension) -> None:
    if type(extension) not in {type(known) for known in _extensions}:
        _extensions.append(extension)


def filter_fields(project: Project) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    for extension in _extensions:
        found |= extension.filter_fields(project)
    return found


def narrow(traces: TraceQuerySet, project: Project, chosen: dict[str, Any]) -> TraceQuerySet:
    for extension in _extensions:
        traces = extension.narrow(traces, project, chosen)
    return traces


def marks(project: Project, traces: Sequence[Trace]) -> dict[UUID, list[Mark]]:
    found: dict[UUID, list[Mark]] = {trace.trace_id: [] for trace in traces}
    for extension in _extensions if traces else ():
        for trace_id, several in extension.marks(project, traces).items():
            found[trace_id].extend(several)
    return found


def counts_of_agents(project: Project) -> dict[int, Linked]:
    found: dict[int, Linked] = {}
    for extension in _extensions:
        found |= extension.counts_of_agents(project)
    return found


@dataclass(frozen=True, slots=True)
class Chip:
    """One label in a list, with the number of targets in the trace that bear it."""

    mark: Mark
    count: int


def chips(found: Iterable[Mark]) -> list[Chip]:
    """The labels for a list, which has no room for reasons, nor for each span's own.

    Negative ones come first: the list may have room for two.
    """
    first: dict[tuple[str, str], Mark] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for mark in found:
        if mark.label is not None:
            key = (mark.url, mark.label)
            first.setdefault(key, mark)
            counts[key] += 1
    found_chips = [Chip(mark, counts[key]) for key, mark in first.items()]
    return sorted(found_chips, key=lambda chip: not chip.mark.tone.startswith("negative"))
