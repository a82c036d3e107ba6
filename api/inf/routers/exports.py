"""`trace export`: traces as a file of flat span lines, compressed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from api.inf import exporting, filters, words
from api.inf.errors import refused
from api.inf.given import Given
from api.inf.router import Call, Router
from api.models import TraceExport
from core.ids import trace_id_from_hex
from teams.models import Project
from traces.exporting.exporting import count
from traces.exporting.which import Which
from traces.search.queries import TraceQuery

router = Router()
Row = dict[str, Any]

MOST_ROWS, USUAL_ROWS = 100, 50
#: What the client sends of a filter; all else is not kept.
FIELDS: Final = (
    *("from", "to", "observationKinds", "traceIds", "sessionId", "userId", "agentIdentity"),
    *("llmModelName", "statusCode", "attributeMatches", "provenance"),
)
STATUSES: Final[Mapping[str, str]] = {"OK": "ok", "ERROR": "error", "": ""}
NO_UNSET = "Signals tells traces that failed from those that did not: ERROR or OK."
NO_PROVENANCE = "Signals does not filter traces by where they came from."
NO_TRACE_ID = "A trace id has 32 hex digits."


@router.mutation("traces.exports.create", writes=False)
def create(call: Call) -> Row:
    """Keep what is to be exported. The file is made when it is fetched, so it is ready at once."""
    given = call.given.object("filter")
    which_of(call.project, given, timezone.now())
    kept = {name: given.raw(name) for name in FIELDS if given.has(name)}
    made = exporting.create(call.project, kept, timezone.now())
    return {"jobId": str(made.uuid)}


@router.query("traces.exports.list")
def list_exports(call: Call) -> list[Row]:
    """Return the newest exports; the cursor is the id of the last one of the page before."""
    limit = call.given.whole("limit", USUAL_ROWS, least=1, most=MOST_ROWS)
    known = TraceExport.objects.filter(project=call.project).order_by("-created_at", "-pk")
    if call.given.has("cursor"):
        last = exporting.of_project(call.project, call.given.uuid("cursor"))
        known = known.filter(created_at__lt=last.created_at)
    return [_row(each) for each in known[:limit]]


@router.query("traces.exports.status")
def status(call: Call) -> Row:
    """Return an export, with how many traces it has now."""
    known = _named(call)
    which = which_of(call.project, Given(known.filter), known.created_at)
    return _row(known) | {"traceCount": count(call.project, which)}


@router.mutation("traces.exports.download", writes=False)
def download(call: Call) -> Row:
    """Return where the file is fetched, within an hour and without a key."""
    return {"presignedUrl": exporting.address_of(_named(call))}


def which_of(project: Project, given: Given, now: datetime) -> Which:
    """Return which traces a filter names. Raises Refused, and ValidationError by field."""
    if ids := given.words("traceIds"):
        return [_trace_id(text) for text in ids]
    if given.has("provenance"):
        raise refused(NO_PROVENANCE, field="provenance")
    status = given.text("statusCode", "")
    if status not in STATUSES:
        raise refused(NO_UNSET, field="statusCode")
    kinds = {words.kind_of(each) for each in given.words("observationKinds")}
    if len(kinds) > 1:
        raise refused(filters.ONE_VALUE, field="observationKinds")
    agent = given.object("agentIdentity").text("value", "")
    pairs = given.objects("attributeMatches")
    return TraceQuery(
        start=given.moment("from"),
        end=given.moment("to", now),
        kind="".join(kinds),
        status=STATUSES[status],
        session_id=given.text("sessionId", ""),
        user_id=given.text("userId", ""),
        model=given.text("llmModelName", ""),
        agent=filters.agent_of(project, agent),
        metadata=tuple((pair.text("key"), pair.text("value")) for pair in pairs),
    )


def _row(known: TraceExport) -> Row:
    return {
        "id": str(known.uuid),
        "status": "ready",
        "createdAt": words.moment(known.created_at),
        "rowCount": None,
        "byteSize": None,
        "errorMessage": None,
        "filter": known.filter,
    }


def _named(call: Call) -> TraceExport:
    return exporting.of_project(call.project, call.given.uuid("jobId"))


def _trace_id(text: str) -> UUID:
    try:
        return trace_id_from_hex(text.replace("-", ""))
    except ValueError:
        raise refused(NO_TRACE_ID, field="traceIds") from None
