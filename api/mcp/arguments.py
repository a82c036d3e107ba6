"""The arguments that tools have in common: their types, and what they name."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404
from pydantic import AfterValidator, Field, ValidationInfo

from alerts.models import Alert
from api import lookups
from api.mcp.answers import call
from api.mcp.trouble import Trouble
from api.rest.stretches import RANGES
from api.rest.types import NoNul, _moment
from core.paging import Cursor, Pager
from core.time_range.windows import LONGEST
from signals_app.definition.versions import current_version
from signals_app.models import Signal, SignalVersion
from teams.models import Project
from traces.models import Agent

MOST_CHARS = 1000


def _short(text: str, info: ValidationInfo) -> str:
    if len(text) > MOST_CHARS:
        raise ValueError(f"At most {MOST_CHARS} characters.")
    return text


Text = Annotated[str, NoNul, AfterValidator(_short)]
LongText = Annotated[str, NoNul]
AgentArg = Annotated[Text, Field(description="Name or id.")]
SignalArg = Annotated[Text, Field(description="Id, or exact name.")]
RangeArg = Annotated[
    Text, Field(description="Up to now: 1h 6h 12h 1d 3d 7d 14d 30d 90d. Or <RFC3339>/<RFC3339>.")
]
CursorArg = Annotated[Text, Field(description="From the answer before.")]
LimitArg = Annotated[int, Field(ge=1, le=50)]

NO_PAGE = "There is no such page of this list: leave the cursor out for the first."
NO_SIGNAL = "There is no such signal in this project."
BAD_RANGE = (
    f"range: one of {', '.join(RANGES)}; or 2026-11-01T00:00:00Z/2026-11-08T00:00:00Z, from the"
    " first moment to before the second."
)


def bounds(text: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the begin and the end of a stretch of time. Raises ValidationError for the field."""
    if text in RANGES:
        return now - RANGES[text], now
    try:
        start, end = map(_moment, text.split("/"))
    except ValueError:
        raise ValidationError({"range": [BAD_RANGE]}) from None
    if not start < end <= start + LONGEST:
        raise ValidationError({"range": [f"The end after the start, at most {LONGEST.days} days."]})
    return start, end


def place(pages: Pager, cursor: str) -> Cursor | None:
    """Return the place in a list that a cursor names, None for "". Raises ValidationError."""
    try:
        return pages.read(cursor) if cursor else None
    except ValueError:
        raise ValidationError({"cursor": [NO_PAGE]}) from None


def agent(project: Project, name: str) -> Agent | None:
    """Return the agent of that id or name, None for "". Raises Trouble."""
    if not name:
        return None
    try:
        return lookups.agent(project, name)
    except Http404:
        raise Trouble("There is no such agent in this project.", call("list_agents")) from None


def signal(project: Project, name: str) -> Signal:
    """Return the signal of that id, or the only one of that name. Raises Trouble."""
    if key := uuid_of(name):
        try:
            return lookups.signal(project, key)
        except Http404:
            raise Trouble(
                "There is no such signal in this project.", call("list_signals")
            ) from None
    known = Signal.objects.select_related("agent", "live_version", "project")
    named = list(known.filter(project=project, name=name).exclude(state="archived")[:10])
    if len(named) == 1:
        return named[0]
    if not named:
        raise Trouble(NO_SIGNAL, call("list_signals"))
    ids = ", ".join(f"{each.uuid} ({each.agent.name[:60]})" for each in named)
    raise Trouble("Several agents have a signal of this name.", f"name it by its id: {ids}")


def version(signal: Signal, number: int) -> SignalVersion:
    """Return a version of a signal by its number, the current one for 0. Raises Trouble."""
    if not number:
        return current_version(signal)
    found = signal.versions.filter(number=min(max(number, 0), 2**31 - 1)).first()
    if found is None:
        numbers = signal.versions.order_by("-number").values_list("number", flat=True)
        known = ", ".join(map(str, numbers[:20]))
        see = call("get_signal", signal=str(signal.uuid))
        raise Trouble(f"There is no version {number} of this signal; there are {known}.", see)
    return found


def alert(project: Project, name: str) -> Alert:
    """Return the alert of that id. Raises Trouble."""
    try:
        return lookups.alert(project, uuid_of(name) or UUID(int=0))
    except Http404:
        raise Trouble("There is no such alert in this project.", call("list_alerts")) from None


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
