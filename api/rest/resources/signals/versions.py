"""Versions of signals: which there were, what differs between them, and going back to one."""

from __future__ import annotations

from typing import Annotated

from django.http import Http404
from ninja import Body, Path, Query, Schema
from pydantic import Field

from api import lookups
from api.rest import cursors
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.resources.signals.definitions import Fields, SignalId, summary_of
from api.rest.resources.signals.given import MadeLive
from api.rest.types import CursorText, Limit, Whole
from api.shapes import signals as shapes
from api.shapes.signals import EditedShape, NumberedShape, VersionDiffShape
from signals_app.definition import editing
from signals_app.definition.diffs import Question, diff
from signals_app.definition.versions import PAGES
from signals_app.labels import counts
from signals_app.models import SignalVersion

resource = Resource(tags=["signals"])

Number = Annotated[Whole, Field(description="A version's number, 1 is the first.")]


ANY_SEEN = MadeLive(seen=None)


class VersionList(Schema):
    """Which versions."""

    fields: Fields = Field("compact", description="full: with prompts.")
    cursor: CursorText = ""
    limit: Limit = 50


class Versions(Schema):
    """Versions, the newest first."""

    items: list[NumberedShape]
    next_cursor: str | None


@resource.get("/signals/{signal}/versions", response=Versions, operation_id="list_versions")
def list_versions(
    request: CallerRequest, signal: Path[SignalId], query: Query[VersionList]
) -> Versions:
    """Return the versions of a signal, the newest first."""
    found = lookups.signal(request.caller.project, signal)
    older = cursors.read(request, query.cursor, PAGES.read)
    versions = found.versions.select_related("created_by")
    page = PAGES.page(versions, older, size=query.limit)
    given = counts.labels_by_version(found.project_id, found.pk)
    return Versions(
        items=[
            shapes.numbered_of(
                each,
                each.pk == found.live_version_id,
                given.get(each.pk, 0),
                query.fields == "full",
            )
            for each in page.rows
        ],
        next_cursor=cursors.written(request, page.older),
    )


@resource.get(
    "/signals/{signal}/versions/{number}", response=NumberedShape, operation_id="get_version"
)
def get_version(
    request: CallerRequest, signal: Path[SignalId], number: Path[Number]
) -> NumberedShape:
    """Return one version of a signal."""
    found = lookups.signal(request.caller.project, signal)
    version = lookups.version(found, number)
    given = counts.labels_by_version(found.project_id, found.pk)
    is_live = version.pk == found.live_version_id
    return shapes.numbered_of(version, is_live, given.get(version.pk, 0))


@resource.post(
    "/signals/{signal}/versions/{number}/make-live",
    response=EditedShape,
    operation_id="make_version_live",
)
def make_version_live(
    request: CallerRequest,
    signal: Path[SignalId],
    number: Path[Number],
    given: Body[MadeLive] = ANY_SEEN,
) -> EditedShape:
    """Make a new version that asks what an older one asked; none where the live one asks it."""
    project, user = request.caller.project, request.caller.user
    changed = lookups.signal(project, signal)
    try:
        made = editing.make_live_again(changed, number, user, given.seen)
    except SignalVersion.DoesNotExist:
        raise Http404 from None
    row = summary_of(project, lookups.signal(project, signal))
    return shapes.edited_of(project, row, made, renamed=False)


@resource.get(
    "/signals/{signal}/versions/{before}/diff/{after}",
    response=VersionDiffShape,
    operation_id="diff_versions",
)
def diff_versions(
    request: CallerRequest, signal: Path[SignalId], before: Path[Number], after: Path[Number]
) -> VersionDiffShape:
    """Return what differs between two versions of a signal."""
    found = lookups.signal(request.caller.project, signal)
    old, new = lookups.version(found, before), lookups.version(found, after)
    difference = diff(Question.of(old), Question.of(new))
    return shapes.version_diff_of(difference, old.number, new.number)
