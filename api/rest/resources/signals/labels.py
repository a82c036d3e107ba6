"""What a signal said: labels one by one and as a file, over time, and why there are none."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils import timezone
from ninja import Path, Query, Schema
from pydantic import Field

from api import lookups
from api.rest import cursors, problems, stretches
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.resources.signals.definitions import SignalId
from api.rest.still_open import StillOpen
from api.rest.stretches import Stretch
from api.rest.types import NOT_GIVEN, CursorText, Limit, Text, Whole
from api.shapes import labels as shapes
from api.shapes.labels import DistributionShape, JudgedShape, SilenceShape
from core.http.streams import streamed
from core.time_range.windows import Window
from core.time_range.zones import known_zone
from signals_app.definition.versions import current_version
from signals_app.explain import no_labels
from signals_app.labels import label_csv, label_table
from signals_app.labels.distribution import distribution
from signals_app.labels.label_table import PAGES
from signals_app.labels.queries import LabelQuery
from signals_app.models import Signal

resource = Resource(tags=["labels"])

CSV = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


class LabelFilters(Stretch):
    """Which of a signal's targets, by when they count."""

    label: Text = Field("", description="Exactly this one.")
    outcome: Literal["labelled", "failed", "refused", "skipped", "cannot_tell"] = NOT_GIVEN
    source: Literal["live", "run"] = NOT_GIVEN
    version: Whole = Field(NOT_GIVEN, description="The number of one.")
    order: Literal["newest", "oldest"] = Field("newest", description="Which come first.")


class LabelList(LabelFilters):
    cursor: CursorText = ""
    limit: Limit = 50


class Labels(Schema):
    """What came of judging targets, one by one."""

    items: list[JudgedShape]
    next_cursor: str | None


class DistributionQuery(Stretch):
    """Which stretch of time, and how it is cut."""

    bucket: Literal["minute", "hour", "day"] = Field(
        NOT_GIVEN, description="Hours up to 14 days and days beyond, if not given."
    )
    time_zone: Text = Field("UTC", description="Whose midnights part the days, by its IANA name.")


@resource.get("/signals/{signal}/labels", response=Labels, operation_id="list_labels")
def list_labels(request: CallerRequest, signal: Path[SignalId], query: Query[LabelList]) -> Labels:
    """Return what came of judging targets, with the judge's explanation or the reason."""
    found = lookups.signal(request.caller.project, signal)
    wanted = _query(found, query)
    place = cursors.read(request, query.cursor, PAGES.read)
    older, newer = (None, place) if wanted.oldest_first else (place, None)
    page = label_table.page_of(found, wanted, older, newer, query.limit)
    rows = label_table.target_rows(request.caller.project, found, page.rows)
    onward = page.newer if wanted.oldest_first else page.older
    return Labels(
        items=[shapes.label_of(row) for row in rows],
        next_cursor=cursors.written(request, onward),
    )


@resource.get(
    "/signals/{signal}/labels.csv",
    response={200: None},
    operation_id="export_labels",
    openapi_extra={"responses": CSV},
)
def export_labels(
    request: CallerRequest, signal: Path[SignalId], query: Query[LabelFilters]
) -> StreamingHttpResponse:
    """Stream all that `list_labels` lists as CSV."""
    project, now = request.caller.project, timezone.now()
    found = lookups.signal(project, signal)
    parts = label_csv.parts(project, found, _query(found, query), settings.BASE_URL)
    parts = StillOpen(request.caller, writes=False).while_open(parts)
    return streamed(request, parts, label_csv.CONTENT_TYPE, label_csv.file_name(found, now))


@resource.get(
    "/signals/{signal}/distribution", response=DistributionShape, operation_id="get_distribution"
)
def get_distribution(
    request: CallerRequest, signal: Path[SignalId], query: Query[DistributionQuery]
) -> DistributionShape:
    """Return how many targets got which label over time, and which share each label has."""
    found = lookups.signal(request.caller.project, signal)
    start, end = stretches.bounds(query, timezone.now())
    zone = _zone(query.time_zone)
    spread = distribution(found, start, end, query.bucket or "", zone)
    return shapes.distribution_of(spread, current_version(found), zone.key)


@resource.get(
    "/signals/{signal}/why-no-labels", response=SilenceShape, operation_id="why_no_labels"
)
def why_no_labels(
    request: CallerRequest, signal: Path[SignalId], query: Query[Stretch]
) -> SilenceShape:
    """Say why a signal has given no labels in a stretch of time, or gives no more."""
    project, now = request.caller.project, timezone.now()
    found = lookups.signal(project, signal)
    window = Window.covering(*stretches.bounds(query, now))
    return shapes.silence_of(no_labels.why(project, found, window, now))


def _query(signal: Signal, query: LabelFilters) -> LabelQuery:
    """Raises ValidationError by field for a label or version that the signal never had."""
    start, end = stretches.bounds(query, timezone.now())
    wanted = LabelQuery(
        start=start,
        end=end,
        label=query.label,
        outcome=query.outcome or "",
        source=query.source or "",
        version=query.version,
        oldest_first=query.order == "oldest",
    )
    label_table.check(signal, wanted)
    return wanted


def _zone(name: str) -> ZoneInfo:
    zone = known_zone(name)
    if zone is None:
        raise problems.invalid([("time_zone", "Name a time zone such as Europe/Berlin.")])
    return zone
