"""A signal's judged targets as CSV, page after page, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.text import slugify

from core.ids import span_id_hex
from core.spreadsheet import Cell, lines
from signals_app.definition import auditing
from signals_app.labels.label_table import COLUMNS, PAGES, TargetRow, classified, target_rows
from signals_app.labels.queries import LabelQuery
from signals_app.models import Classification, Scope, Signal
from teams import audit
from teams.models import Project

CONTENT_TYPE = "text/csv; charset=utf-8"
BATCH = 500  # rows in memory at once; an explanation has at most a few hundred words
HEADER = (
    "counted_at", "label", "outcome", "explanation", "reason", "reason_code", "scope", "target",
    "span", "title", "url", "target_time", "version", "source", "sample_rate", "judge_model",
    "input_tokens", "output_tokens", "cost_usd", "cut_chars", "judge_name", "cached_tokens",
)  # fmt: skip
MORE_COLUMNS = (
    "target_time", "sample_rate", "judge_model", "input_tokens", "output_tokens", "cost_usd",
    "cached_tokens",
)  # fmt: skip


def parts(project: Project, signal: Signal, query: LabelQuery, site: str) -> Iterator[str]:
    """Yield the header, then the lines of all classifications that the query names, in its order.

    site: what stands before each target's address, such as "https://signals.example".
    """
    audit.record("labels.exported", **auditing.about(signal))
    return _parts(project, signal, query, site)


def _parts(project: Project, signal: Signal, query: LabelQuery, site: str) -> Iterator[str]:
    yield lines([HEADER])
    for rows in _pages(signal, query):
        yield lines(_row(target, site) for target in target_rows(project, signal, rows))


def file_name(signal: Signal, now: datetime) -> str:
    """Return a name in letters, digits and dashes alone, whatever the signal is called."""
    name = slugify(signal.name)[:60].strip("-") or "signal"
    return f"{name}-labels-{now:%Y-%m-%d}.csv"


def _pages(signal: Signal, query: LabelQuery) -> Iterator[list[Classification]]:
    """Read page after page by key, so that no transaction stays open as long as a slow reader."""
    rows = classified(signal, query).only(*COLUMNS, *MORE_COLUMNS)
    page = PAGES.page(rows, size=BATCH, oldest_first=query.oldest_first)
    yield page.rows
    onward = "newer" if query.oldest_first else "older"
    while place := getattr(page, onward):
        beside = {onward: PAGES.read(place)}
        page = PAGES.page(rows, **beside, size=BATCH, oldest_first=query.oldest_first)
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
        row.judge_name,
        row.cached_tokens,
    ]
