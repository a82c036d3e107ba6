"""Labels of a signal: each judged target, and how they are spread over time."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils import timezone
from ninja import Path, Query, Schema
from pydantic import Field

from api import lookups
from api.rest import cursors, stretches
from api.rest.callers import CallerRequest
from api.rest.door import Resource, answers_with
from api.rest.resources.signals.definitions import SignalId
from api.rest.stretches import Stretch
from api.rest.types import CursorText, Limit, Text, Whole
from api.shapes import labels as shapes
from api.shapes.labels import DistributionShape, JudgedShape
from core.http.streaming import streamed
from core.time_range.zones import known_zone
from signals_app.definition.versions import current_version
from signals_app.explain import no_labels
from signals_app.labels import label_csv, label_table
from signals_app.labels.distribution import distribution
from signals_app.labels.label_table import PAGES
from signals_app.labels.queries import LabelQuery

resource = Resource(tags=["labels"])

OutcomeWord = Literal["labelled", "failed", "refused", "skipped", "cannot_tell"]


class LabelFilter(Stretch):
    """Which judged targets: those that counted in the stretch of time."""

    label: Text = Field("", description="Exactly this one.")
    outcome: OutcomeWord = None
    source: Literal["live", "run"] = None
    version: Annotated[Whole, Field(description="The number of one.")] = None
    order: Literal["newest", "oldest"] = "newest"


class LabelList(LabelFilter):
    cursor: CursorText = ""
    limit: Limit = 50


class Labels(Schema):
    items: list[JudgedShape]
    next_cursor: str | None


class Spread(Stretch):
    """Which stretch, and in what buckets."""

    bucket: Literal["minute", "hour", "day"] = "day"
    time_zone: Annotated[str, Field(max_length=64)] = Field(
        "UTC", description="Whose days they are, such as Europe/Berlin."
    )


class WhyNone(Schema):
    """Sentences on why a signal has judged nothing, or nothing of late; empty where it does."""

    sentences: list[str]


@resource.get("/{signal}/labels", response=Labels, operation_id="list_labels")
def list_labels(request: CallerRequest, signal: Path[SignalId], query: Query[LabelList]) -> Labels:
    """Return what the signal said of its targets, each with the judge's explanation."""
    project, known = request.caller.project, lookups.signal(request.caller.project, signal)
    place = cursors.read(request, query.cursor, PAGES.read)
    wanted = _wanted(query)
    beside = {"newer" if wanted.oldest_first else "older": place}
    page = label_table.page_of(known, wanted, **beside, size=query.limit)
    rows = label_table.target_rows(project, known, page.rows)
    onward = page.newer if wanted.oldest_first else page.older
    return Labels(
        items=[shapes.judged_of(row) for row in rows],
        next_cursor=cursors.written(request, onward),
    )


@resource.get(
    "/{signal}/labels.csv", operation_id="export_labels", openapi_extra=answers_with("text/csv")
)
def export_labels(
    request: CallerRequest, signal: Path[SignalId], query: Query[LabelFilter]
) -> HttpResponse:
    """Stream the same as CSV, all pages of it."""
    known = lookups.signal(request.caller.project, signal)
    wanted = _wanted(query)
    parts = label_csv.parts(request.caller.project, known, wanted, settings.BASE_URL)
    return streamed(request, parts, "text/csv; charset=utf-8")


@resource.get("/{signal}/distribution", response=DistributionShape, operation_id="get_distribution")
def get_distribution(
    request: CallerRequest, signal: Path[SignalId], query: Query[Spread]
) -> DistributionShape:
    """Count labels by minute, hour or day; what has no label stands beside, by outcome."""
    known = lookups.signal(request.caller.project, signal)
    start, end = stretches.bounds(query, timezone.now())
    found = distribution(known, start, end, query.bucket, _zone(query.time_zone))
    rate = current_version(known).sample_rate
    return shapes.distribution_of(known, query.bucket, rate, found)


@resource.get("/{signal}/why-no-labels", response=WhyNone, operation_id="why_no_labels")
def why_no_labels(request: CallerRequest, signal: Path[SignalId]) -> WhyNone:
    """Say why the signal has judged nothing, or nothing of late."""
    known = lookups.signal(request.caller.project, signal)
    return WhyNone(sentences=no_labels.sentences(known, timezone.now()))


def _wanted(query: LabelFilter) -> LabelQuery:
    start, end = stretches.bounds(query, timezone.now())
    return LabelQuery(
        start=start,
        end=end,
        label=query.label,
        outcome=query.outcome or "",
        source=query.source or "",
        version=query.version,
        oldest_first=query.order == "oldest",
    )


def _zone(name: str) -> ZoneInfo:
    zone = known_zone(name)
    if zone is None:
        raise ValidationError({"time_zone": ["Name a zone such as Europe/Berlin."]})
    return zone
