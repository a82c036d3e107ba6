"""Traces as a file, sent while it is made."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Literal

from django.http import StreamingHttpResponse
from django.utils import timezone
from ninja import Query
from pydantic import Field

from api import lookups
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.problems import Refused
from api.rest.resources.traffic import filters
from api.rest.resources.traffic.filters import TraceFilter
from api.rest.resources.traffic.traces import TraceId
from api.rest.still_open import StillOpen
from core.http.streams import streamed_small
from teams.models import Project
from traces.exporting.exporting import export
from traces.exporting.which import Which

resource = Resource(tags=["traces"])

CONTENT_TYPE = "application/jsonl"
JSON_LINES = {200: {"content": {CONTENT_TYPE: {"schema": {"type": "string"}}}}}
MOST_IDS = 100
EITHER = "Give either ids of traces or filters."
BESIDE_IDS = {"format", "order", "trace_id", "project"}


class ExportAsked(TraceFilter):
    """Which traces, and how they are written: both forms can be uploaded again."""

    format: Literal["otlp", "flat"] = Field(
        "otlp", description="otlp: OTLP in JSON, a request a line; flat: a span a line."
    )
    order: Literal["newest", "oldest"] = "newest"
    trace_id: Annotated[
        list[TraceId],
        Field(max_length=MOST_IDS, description="These traces alone, whenever they were."),
    ] = Field([])


@resource.get(
    "/export/traces",
    response={200: None},
    operation_id="export_traces",
    openapi_extra={"responses": JSON_LINES},
)
def export_traces(request: CallerRequest, query: Query[ExportAsked]) -> StreamingHttpResponse:
    """Stream whole traces as lines of JSON, whatever their number: those that match, of the last
    day unless a stretch of time is given, or those with the ids that are given. As gzip, if
    Accept-Encoding names it."""
    project = request.caller.project
    if query.trace_id and set(request.GET) - BESIDE_IDS:
        raise Refused(422, "invalid", EITHER, "trace_id")
    parts = export(project, _which(project, query), query.format, query.order == "oldest")
    door = StillOpen(request.caller, writes=False)
    name = f"{project.slug}-traces-{timezone.now():%Y-%m-%d-%H-%M}.jsonl"
    return streamed_small(request, _begun(door.while_open(parts)), CONTENT_TYPE, name)


def _which(project: Project, query: ExportAsked) -> Which:
    if query.trace_id:
        return lookups.trace_ids(project, query.trace_id)
    return filters.trace_query(project, query)


def _begun(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Make the first part at once: what fails then is still answered as a problem."""
    return chain((next(parts, b""),), parts)
