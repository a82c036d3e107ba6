"""The table of a signal's judged targets as a file, whatever its length."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.http.streams import streamed
from core.time_range.form import WindowForm
from signals_app.labels import label_csv
from signals_app.pages.signal.forms import LabelsForm
from signals_app.pages.signal.views import find_signal
from teams.access import get_project


@require_safe
def signal_labels_csv(request: HttpRequest, slug: str, uuid: UUID) -> StreamingHttpResponse:
    """Stream all pages of the table under the filters and in the order of the page's address."""
    project = get_project(request, slug)
    signal, now = find_signal(project, uuid), timezone.now()
    window = WindowForm(request.GET, default="7d").window(now)
    query = LabelsForm.of_signal(request.GET, signal).query(window)
    parts = label_csv.parts(project, signal, query, request.build_absolute_uri("/").rstrip("/"))
    return streamed(request, parts, label_csv.CONTENT_TYPE, label_csv.file_name(signal, now))
