"""Where later apps add to the explorer, without traces knowing them.

An app registers one extension in its module `explorer`, which `TracesConfig` finds. The
explorer asks each extension for filter fields, for the labels of what it shows, and for
counts; every question is asked once a page, never once a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from core.time_range.windows import Window
from core.ui.tones import Segment
from teams.models import Project
from traces.models import Agent, Session, Trace
from traces.models.querysets import SessionQuerySet, TraceQuerySet


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
    judge_name: str = ""  # what the judge is called, where it has a name
    note: str = ""  # what else the reader must know, such as "cut by 3,000 characters"
    judged_by: UUID | None = None  # the id of what judged; None for what people and programs said
    sentiment: str = ""  # of the label


@dataclass(frozen=True, slots=True)
class About:
    """What a page shows. target: a trace id or a session's key; span_id: of a selected span."""

    scope: str  # "span", "trace" or "session"
    target: UUID
    span_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """Why there is a judgement of what is on screen, or none: folded under `title`.

    `template` draws `content`, which is the extension's own.
    """

    title: str
    summary: str  # two or three words
    tone: str  # of the label that stands, else ""
    template: str
    content: Any


@dataclass(frozen=True, slots=True)
class Linked:
    """A count and where the counted things are."""

    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an agent that another app has."""

    name: str  # of its URL, to tell which one is open
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Measure:
    """What was judged of an agent in a window: one signal with its labels."""

    title: str
    url: str
    state: str  # as the class "state-…" names it
    state_title: str
    segments: list[Segment]
    labelled: int
    unlabelled: int


class TraceExtension(Protocol):
    def filter_fields(self, project: Project) -> dict[str, forms.Field]:
        """Fields of the trace list's filter form; names must not collide."""
        ...

    def narrow(
        self, traces: TraceQuerySet, project: Project, chosen: dict[str, Any], since: datetime
    ) -> TraceQuerySet:
        """Return the traces that the cleaned values of `filter_fields` leave.

        None of `traces` started before `since`, which may spare reading what is older.
        """
        ...

    def marks(self, project: Project, traces: Sequence[Trace]) -> dict[UUID, list[Mark]]:
        """Return what was judged of each trace, of its spans and of its session, by trace id."""
        ...

    def session_fields(self, project: Project) -> dict[str, forms.Field]:
        """Fields of the session list's filter form."""
        ...

    def narrow_sessions(
        self, sessions: SessionQuerySet, project: Project, chosen: dict[str, Any], since: datetime
    ) -> SessionQuerySet:
        """Return the sessions, none begun before `since`, that the values of `session_fields`
        leave."""
        ...

    def marks_of_sessions(
        self,
        project: Project,
        sessions: Sequence[Session],
        turns: Mapping[UUID, Sequence[UUID]],
    ) -> dict[UUID, list[Mark]]:
        """Return by key what was judged of each session, then of its turns, ids of traces."""
        ...

    def replies(self, project: Project, about: About, now: datetime) -> list[Reply]:
        """Return a reply for each that could have judged what is on screen."""
        ...

    def remarks(self, project: Project, targets: Sequence[UUID]) -> list[Mark]:
        """Return what people and programs said of these traces and sessions, newest first: no
        labels."""
        ...

    def counts_of_agents(self, project: Project) -> dict[int, Linked]:
        """Return what the agents' list says beside each agent, by the agent's primary key."""
        ...

    def pages_of_agent(self, project: Project, agent: Agent) -> list[Page]:
        """Tabs beside the agent's overview."""
        ...

    def measures_of_agent(self, project: Project, agent: Agent, window: Window) -> list[Measure]:
        """Return what the overview says beside the agent's figures."""
        ...


_extensions: list[TraceExtension] = []


def register(extension: TraceExtension) -> None:
    if type(extension) not in {type(known) for known in _extensions}:
        _extensions.append(extension)


def filter_fields(project: Project) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for extension in _extensions:
        fields |= extension.filter_fields(project)
    return fields


def filter_values(project: Project, given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return what is asked of the list of traces by its added filters, as a query takes it in
    `extra`.

    given: texts by the name of the filter, as an address has them; none of them is no filter.
    Raises ValidationError with messages by field.
    """
    return _cleaned(filter_fields(project), given) if any(given.values()) else {}


def session_filter_values(project: Project, given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return the same for the list of sessions."""
    return _cleaned(session_fields(project), given) if any(given.values()) else {}


def _cleaned(
    fields: Mapping[str, forms.Field], given: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for name, values in given.items():
        if values and name not in fields:
            raise ValidationError({name: ["Nothing is there yet that could be asked for."]})
        try:
            cleaned = fields[name].clean(list(values)) if values else None
        except ValidationError as error:
            raise ValidationError({name: error.messages}) from None
        if cleaned:
            chosen[name] = cleaned
    return chosen


def narrow(
    traces: TraceQuerySet, project: Project, chosen: dict[str, Any], since: datetime
) -> TraceQuerySet:
    for extension in _extensions:
        traces = extension.narrow(traces, project, chosen, since)
    return traces


def marks(project: Project, traces: Sequence[Trace]) -> dict[UUID, list[Mark]]:
    by_trace: dict[UUID, list[Mark]] = {trace.trace_id: [] for trace in traces}
    for extension in _extensions if traces else ():
        for trace_id, several in extension.marks(project, traces).items():
            by_trace[trace_id].extend(several)
    return by_trace


def session_fields(project: Project) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    for extension in _extensions:
        fields |= extension.session_fields(project)
    return fields


def narrow_sessions(
    sessions: SessionQuerySet, project: Project, chosen: dict[str, Any], since: datetime
) -> SessionQuerySet:
    for extension in _extensions:
        sessions = extension.narrow_sessions(sessions, project, chosen, since)
    return sessions


def marks_of_sessions(
    project: Project, sessions: Sequence[Session], turns: Mapping[UUID, Sequence[UUID]]
) -> dict[UUID, list[Mark]]:
    by_key: dict[UUID, list[Mark]] = {session.key: [] for session in sessions}
    for extension in _extensions if sessions else ():
        for key, several in extension.marks_of_sessions(project, sessions, turns).items():
            by_key[key].extend(several)
    return by_key


def replies(project: Project, about: About, now: datetime) -> list[Reply]:
    return [reply for each in _extensions for reply in each.replies(project, about, now)]


def remarks(project: Project, targets: Sequence[UUID]) -> list[Mark]:
    return [mark for extension in _extensions for mark in extension.remarks(project, targets)]


def counts_of_agents(project: Project) -> dict[int, Linked]:
    by_agent: dict[int, Linked] = {}
    for extension in _extensions:
        by_agent |= extension.counts_of_agents(project)
    return by_agent


def pages_of_agent(project: Project, agent: Agent) -> list[Page]:
    return [page for extension in _extensions for page in extension.pages_of_agent(project, agent)]


def measures_of_agent(project: Project, agent: Agent, window: Window) -> list[Measure]:
    return [
        measure
        for extension in _extensions
        for measure in extension.measures_of_agent(project, agent, window)
    ]


@dataclass(frozen=True, slots=True)
class Chip:
    """One label in a list, with the number of targets in the trace that bear it."""

    mark: Mark
    count: int


def chips(all_marks: Iterable[Mark]) -> list[Chip]:
    """Return the labels for a list, which has no room for reasons, nor for each span's own.

    Negative ones come first: the list may have room for two.
    """
    first: dict[tuple[str, str], Mark] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for mark in all_marks:
        if mark.label is not None:
            key = (mark.url, mark.label)
            first.setdefault(key, mark)
            counts[key] += 1
    found_chips = [Chip(mark, counts[key]) for key, mark in first.items()]
    return sorted(found_chips, key=lambda chip: not chip.mark.tone.startswith("negative"))
