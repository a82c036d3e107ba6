"""All traces of a project as one file, for whoever wants to keep a copy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from core.http.streams import gzipped, streamed
from teams.access import SignedInRequest, get_project, project_for
from teams.models import Project, User
from traces.exporting.exporting import Format, export
from traces.exporting.which import every_trace

CONTENT_TYPE = "application/gzip"
LOOK_EVERY_S = 0.8


@require_GET
def traces_file(request: SignedInRequest, slug: str) -> StreamingHttpResponse:
    """Stream every trace of a project, the newest first, as lines of OTLP that can be uploaded."""
    project = get_project(request, slug)
    now = timezone.now()
    parts = export(project, every_trace(now), Format.OTLP)
    begun = chain((next(parts, b""),), parts)  # what fails at once is still an error page
    name = f"{project.slug}-traces-{now:%Y-%m-%d-%H-%M}.jsonl.gz"
    content = gzipped(_while_let_in(request.user, project, begun))
    return streamed(request, content, CONTENT_TYPE, name)


def _while_let_in(user: User, project: Project, parts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield parts until the person may no longer have them; then the file breaks off."""
    look_at = time.monotonic() + LOOK_EVERY_S
    for part in parts:
        if time.monotonic() >= look_at:
            project_for(user, project.slug)
            look_at = time.monotonic() + LOOK_EVERY_S
        yield part
