"""Moments in addresses: always in UTC with a Z, so that a link means one moment for every reader.

A browser's own input sends what a person typed, in the viewer's zone and without naming it. In
the hour that clocks pass twice such a text names two moments, and every link made of it is wrong
for half of them; so what was typed is made unmistakable as soon as it comes in.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.core.exceptions import ValidationError
from django.forms import DateTimeField
from django.http import QueryDict

#: The parameters of addresses that hold a moment.
NAMES = ("since", "until")


def utc_text(moment: datetime) -> str:
    """Return a moment with a zone as an address and a message write it: 2026-11-01T08:00:00Z."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def in_utc(query: QueryDict) -> QueryDict:
    """Return an address's parameters with the moments that were typed in the zone that is active
    in UTC instead; what is no moment, or names two, stays for a form to refuse."""
    typed = {name: str(query[name]) for name in NAMES if query.get(name)}
    meant = {name: _meant(text) for name, text in typed.items()}
    changed = {name: text for name, text in meant.items() if text and text != typed[name]}
    if not changed:
        return query
    exact = query.copy()
    for name, text in changed.items():
        exact[name] = text
    return exact


def _meant(text: str) -> str | None:
    """Return the moment that a text means in the active zone, None where it is none or two."""
    try:
        moment = DateTimeField().clean(text)
        return utc_text(moment) if moment and moment.microsecond == 0 else None
    except (ValidationError, OverflowError):
        return None
