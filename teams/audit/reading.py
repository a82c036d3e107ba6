"""Reading a team's audit log: a page of it, and all of it as CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q

from core.paging import Cursor, Page, Pager
from core.spreadsheet import Cell, lines
from teams.audit.recording import record
from teams.models import AuditEntry, Project, Team
from teams.models.audit_entries import AuditEntryQuerySet

#: The newest first: moments and keys are given in one order, nearly.
PAGES: Final = Pager("at", "-id", int)
MOST_CHARS: Final = 254
#: Of so many entries, the newest ones, the kinds and actions that are offered are collected.
LOOKED_AT: Final = 5_000
BATCH: Final = 500
CONTENT_TYPE: Final = "text/csv; charset=utf-8"
HEADER: Final = (
    "at", "who", "key", "program", "door", "address", "action", "kind", "thing", "thing_id",
    "project", "before", "after",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Entries from `start` on and before `end`.

    who: the e-mail address of a person, or the name of a key. kind, action: exactly this one.
    project: in this one alone. Raises ValidationError with messages by field.
    """

    start: datetime
    end: datetime
    who: str = ""
    kind: str = ""
    action: str = ""
    project: UUID | None = None

    def __post_init__(self) -> None:
        errors = {}
        if self.start >= self.end:
            errors["end"] = ["The end must come after the beginning."]
        for name in ("who", "kind", "action"):
            if "\x00" in getattr(self, name) or len(getattr(self, name)) > MOST_CHARS:
                errors[name] = [f"A line of at most {MOST_CHARS} characters."]
        if errors:
            raise ValidationError(errors)


@dataclass(frozen=True, slots=True)
class Offered:
    """What the newest entries of a team hold, for filters; each sorted."""

    people: list[str]
    kinds: list[str]
    actions: list[str]


def page_of(
    team: Team, query: AuditQuery, older: Cursor | None = None, newer: Cursor | None = None
) -> Page[AuditEntry]:
    """Return a page of the entries of a team that a query names, the newest first."""
    return PAGES.page(_entries(team, query), older, newer)


def offered(team: Team) -> Offered:
    """Return by what the log of a team can be narrowed, as far as its newest entries say."""
    newest = AuditEntry.objects.of_team(team.uuid).newest_first()[:LOOKED_AT]
    rows = newest.values_list("email", "key_name", "kind", "action")
    people, kinds, actions = set(), set(), set()
    for email, key_name, kind, action in rows:
        people |= {email, key_name}
        kinds.add(kind)
        actions.add(action)
    return Offered(sorted(people - {""}), sorted(kinds), sorted(actions))


def csv_parts(team: Team, project: Project, query: AuditQuery) -> Iterator[str]:
    """Return the header and then the lines of all entries of a team that a query names, part by
    part; that they were taken is itself entered, in the project from whose page they are asked."""
    record(
        "audit.exported",
        kind="audit",
        thing="Audit log",
        project=project,
        after={"start": query.start, "end": query.end, "kind": query.kind, "who": query.who},
    )
    return _parts(team, query)


def _parts(team: Team, query: AuditQuery) -> Iterator[str]:
    yield lines([HEADER])
    page = PAGES.page(_entries(team, query), size=BATCH)
    while page.rows:
        yield lines(_cells(entry) for entry in page.rows)
        if not page.older:
            return
        page = PAGES.page(_entries(team, query), older=PAGES.read(page.older), size=BATCH)


def _entries(team: Team, query: AuditQuery) -> AuditEntryQuerySet:
    entries = AuditEntry.objects.of_team(team.uuid).within(query.start, query.end)
    named = Q(kind=query.kind) if query.kind else Q()
    if query.action:
        named &= Q(action=query.action)
    if query.project:
        named &= Q(project=query.project)
    entries = entries.filter(named)
    return entries.by(query.who) if query.who else entries


def _cells(entry: AuditEntry) -> list[Cell]:
    return [
        entry.at,
        entry.who,
        entry.key_name,
        entry.program,
        entry.door,
        entry.address,
        entry.action,
        entry.kind,
        entry.thing,
        entry.thing_id,
        entry.project_name,
        _json(entry.before),
        _json(entry.after),
    ]


def _json(values: dict[str, object] | None) -> str:
    return json.dumps(values, ensure_ascii=False) if values else ""
