"""Exports that the client asked for: a job is its filter, and the file is made when it is fetched.

The address of a file is signed and good for an hour, since the client fetches it without a key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.http import Http404
from django.urls import reverse

from api.inf.errors import refused
from api.models import TraceExport
from api.shapes import links
from teams.models import Project

GOOD_FOR: Final = timedelta(hours=1)
KEPT_FOR: Final = timedelta(days=14)
MOST_KEPT: Final = 1_000
NO_EXPORT = "There is no such export in this project: inf trace export list."
TOO_MANY = "The project has 1,000 exports. They are forgotten after 14 days."
_SALT = "api.inf.exporting"


def create(project: Project, given: dict[str, Any], now: datetime) -> TraceExport:
    """Keep an export. Raises Refused where there are too many."""
    known = TraceExport.objects.filter(project=project)
    if known.count() >= MOST_KEPT:
        raise refused(TOO_MANY, 409)
    return known.create(project=project, filter=given, created_at=now)


def of_project(project: Project, key: UUID) -> TraceExport:
    """Return an export. Raises Refused where the project has no such one."""
    known = TraceExport.objects.filter(project=project, uuid=key).first()
    if known is None:
        raise refused(NO_EXPORT, 404)
    return known


def address_of(export: TraceExport) -> str:
    """Return where its file is fetched, without a key, within an hour."""
    token = signing.dumps(export.uuid.hex, salt=_SALT)
    return links.whole(reverse("inf_export", args=[token]))


def at_address(token: str) -> TraceExport:
    """Return the export of an address. Raises Http404 for one that is not good any more."""
    try:
        key = UUID(signing.loads(token, salt=_SALT, max_age=GOOD_FOR))
    except signing.BadSignature:
        raise Http404 from None
    known = TraceExport.objects.filter(uuid=key, project__deleted_at=None)
    export = known.select_related("project__team").first()
    if export is None:
        raise Http404
    return export


def prune(now: datetime) -> None:
    """Forget exports that nobody fetches any more."""
    TraceExport.objects.filter(created_at__lt=now - KEPT_FOR).delete()
