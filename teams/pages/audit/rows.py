"""Entries of the audit log as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from teams.models import AuditEntry
from teams.pages.audit.forms import in_words

#: By door: how somebody came in, where that is not a page.
DOORS = {
    "page": "",
    "admin": "admin site",
    "rest": "REST",
    "cli": "command line",
    "mcp": "MCP",
    "inf": "inf",
    "command": "a command on the server",
    "worker": "the worker",
}
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """A value that changed; `before` or `after` is None where only the other one is known."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class AuditRow:
    at: datetime
    who: str
    through: str
    address: str
    action: str
    thing: str
    project: str
    changes: list[Change]


def rows_of(entries: Iterable[AuditEntry]) -> list[AuditRow]:
    """Return the rows of a page of entries."""
    return [
        AuditRow(
            at=entry.at,
            who=entry.who,
            through=" · ".join(filter(None, [_as_key(entry), entry.program, DOORS[entry.door]])),
            address=entry.address,
            action=in_words(entry.action),
            thing=entry.thing,
            project=entry.project_name,
            changes=changes_of(entry),
        )
        for entry in entries
    ]


def changes_of(entry: AuditEntry) -> list[Change]:
    """Return the values of an entry side by side."""
    before, after = entry.before or {}, entry.after or {}
    names = [*before, *(name for name in after if name not in before)]
    return [
        Change(
            name.replace("_", " "),
            _text(before[name]) if name in before else None,
            _text(after[name]) if name in after else None,
        )
        for name in names
    ]


def _as_key(entry: AuditEntry) -> str:
    return "key" if entry.key and not entry.email else ""


def _text(value: object) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or NOTHING
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(each)}" for name, each in value.items()) or NOTHING
    return str(value)
