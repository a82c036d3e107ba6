"""`trace upload`: files of traces from elsewhere, sent in parts."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from api.inf import importing, words
from api.inf.errors import refused
from api.inf.router import Call, Router
from api.models import TraceImport

router = Router()
Row = dict[str, Any]

MOST_ROWS, USUAL_ROWS = 100, 50
#: The largest size of a file that the client itself sends.
MOST_BYTES: Final = 25 * 1024**3
NO_LANGFUSE = (
    "Signals reads lines of OTLP and flat span lines. Convert Langfuse's rows first, or send them"
    " by its own client: docs/clients.md."
)


@router.mutation("traces.imports.initiateUpload")
def initiate(call: Call) -> Row:
    """Make room for a file, and say in which parts it is to be sent."""
    given = call.given
    if given.text("source") != "otlp":
        raise refused(NO_LANGFUSE, field="source")
    size = given.whole("fileSize", least=1, most=MOST_BYTES)
    made = importing.begin(call.project, given.text("name"), size, timezone.now())
    return {
        "traceImportId": str(made.uuid),
        "r2UploadId": str(made.uuid),
        "r2Key": str(made.uuid),
        "partSize": importing.PART_BYTES,
        "totalParts": importing.parts_of(size),
    }


@router.mutation("traces.imports.completeUpload")
def complete(call: Call) -> Row:
    """Have the file stored."""
    known = _named(call)
    importing.complete(known)
    known.refresh_from_db()
    return import_of(known)


@router.mutation("traces.imports.abortUpload")
def abort(call: Call) -> Row:
    """Let a file go; what is stored of it stays."""
    known = _named(call)
    importing.abort(known, timezone.now())
    known.refresh_from_db()
    return import_of(known)


@router.query("traces.imports.getStatus")
def status(call: Call) -> Row:
    return import_of(_named(call))


@router.query("traces.imports.list")
def list_imports(call: Call) -> Row:
    """Return the newest imports, with how many there are."""
    limit = call.given.whole("limit", USUAL_ROWS, least=1, most=MOST_ROWS)
    offset = call.given.whole("offset", 0, least=0, most=100_000)
    known = TraceImport.objects.filter(project=call.project).order_by("-created_at", "-pk")
    rows = [import_of(each) for each in known[offset : offset + limit]]
    return {"imports": rows, "total": known.count()}


def import_of(known: TraceImport) -> Row:
    """Return how far an import is. Lines are counted when they are stored, not before."""
    return {
        "id": str(known.uuid),
        "name": known.name,
        "source": "otlp",
        "status": known.state,
        "statusDetail": known.detail or None,
        "fileSize": known.size,
        "processedBytes": known.offset,
        "totalLines": known.lines_read,
        "processedLines": known.lines_read - known.lines_refused,
        "failedLines": known.lines_refused,
        "spanCount": known.spans,
        "errors": known.errors,
        "createdAt": words.moment(known.created_at),
        "finishedAt": words.moment(known.finished_at),
    }


def _named(call: Call) -> TraceImport:
    key: UUID = call.given.uuid("traceImportId")
    return importing.of_project(call.project, key)


router.refuse(
    NO_LANGFUSE, "traces.imports.discoverLangfuseApi", "traces.imports.startLangfuseApiImport"
)
