"""The table of a signal's judged targets as a file, whatever its length."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from core.database import release_connection
from core.ids import span_id_hex
from core.spreadsheet import Cell, lines
from core.time_range.form import WindowForm
from signals_app.definition.versions import current_version
from signals_app.labels.label_table import COLUMNS, TargetRow, classified, target_rows
from signals_app.models import Classification, Scope, Signal
from signals_app.pages.signal.views import find_signal, labels_table
from signals_app.pages.table.forms import PAGES
from teams.access import get_project
from teams.models import Project

BATCH = 500  # rows in memory at once; an explanation has at most a few hundred words
HEADER = (
    "counted_at", "label", "outcome", "explanation", "reason", "reason_code", "scope", "target",
    "span", "title", "url", "target_time", "version", "source", "sample_rate", "judge_model",
    "input_tokens", "output_tokens", "cost_usd", "cut_chars",
)  # fmt: skip
MORE_COLUMNS = (
    "target_time", "sample_rate", "judge_model", "input_tokens", "output_tokens", "cost_usd",
)  # fmt: skip


@require_safe
def signal_labels_csv(request: HttpRequest, slug: str, uuid: UUID) -> StreamingHttpResponse:
    """All pages of the table under the filters and in the order of the page's address."""
    project = get_project(request, slug)
    signal, now = find_signal(project, uuid), timezone.now()
    window = WindowForm(request.GET, default="7d").window(now)
    version = current_version(signal)
    table = labels_table(request, project, signal, version, window)  # as the page's
    found = classified(signal, window, table["labels_form"].cleaned_data)
    pages = _pages(found.only(*COLUMNS, *MORE_COLUMNS), table["oldest_first"])
    parts = _parts(project, signal, pages, request.build_absolute_uri("/").rstrip("/"))
    # Django would first read a plain iterator to its end under ASGI.
    streamed: Any = _awaited(parts) if isinstance(request, ASGIRequest) else parts
    response = StreamingHttpResponse(streamed, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file_name(signal, now)}"'
    response["Cache-Control"] = "no-store"
    return response


def file_name(signal: Signal, now: datetime) -> str:
    """In letters, digits and dashes alone, whatever the signal is called."""
    name = slugify(signal.name)[:60].strip("-") or "signal"
    return f"{name}-labels-{now:%Y-%m-%d}.csv"


def _parts(
    project: Project, signal: Signal, pages: Iterator[list[Classification]], site: str
) -> Iterator[str]:
    yield lines([HEADER])
    for rows in pages:
        yield lines(_row(target, site) for target in target_rows(project, signal, rows))


def _pages(found: QuerySet[Classification], oldest_first: bool) -> Iterator[list[Classification]]:
    """Page after page by key, so that no transaction stays open as long as a slow reader."""
    page = PAGES.page(found, size=BATCH, oldest_first=oldest_first)
    yield page.rows
    onward = "newer" if oldest_first else "older"
    while place := getattr(page, onward):
        beside = {onward: PAGES.read(place)}
        page = PAGES.page(found, **beside, size=BATCH, oldest_first=oldest_first)
        yield page.rows


def _row(target: TargetRow, site: str) -> list[Cell]:
    row = target.row
    return [
        row.counted_at,
        row.label,
        row.outcome,
        row.explanation,
        row.reason,
        row.reason_code,
        row.scope,
        row.target.hex,
        span_id_hex(row.span_id) if row.scope == Scope.SPAN else "",
        target.title,
        site + target.url,
        row.target_time,
        target.version.number,
        row.source,
        row.sample_rate,
        row.judge_model,
        row.input_tokens,
        row.output_tokens,
        row.cost_usd,
        row.cut_chars,
    ]


async def _awaited(parts: Iterator[str]) -> AsyncIterator[str]:
    """Yield each of `parts`, made in the request's thread, and hold no connection between them."""

    def next_part() -> str | None:
        try:
            return next(parts, None)
        finally:
            release_connection()

    while (part := await sync_to_async(next_part)()) is not None:
        yield part
