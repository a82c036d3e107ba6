"""Export traces as a file, in pieces: memory is bounded whatever the traces, and nothing is held
open between two pieces, so that retention and ingest go on meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from django.conf import settings

from teams import audit
from teams.models import Project
from traces.exporting import flat_lines, otlp_lines
from traces.exporting.stored import Stored, pieces
from traces.exporting.which import Which, ids_of, in_short, span_counts
from traces.models import Trace
from traces.search.queries import TraceQuery
from traces.search.statement_timeout import TookTooLong, at_most
from traces.search.traces import matching, on_facets


class Format(StrEnum):
    """How a file is written; both are lines of JSON, and both can be uploaded again."""

    OTLP = "otlp"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some whole lines of a file, and how far it is with them: how many traces have begun, and how
    many spans are written."""

    data: bytes
    traces: int
    spans: int


def export(
    project: Project, which: Which, format: Format | str, oldest_first: bool = False
) -> Iterator[bytes]:
    """Yield a file with all spans of the traces that a query or a list of ids names.

    Raises ValueError for another format, at once.
    """
    return (chunk.data for chunk in chunks(project, which, format, oldest_first))


def chunks(
    project: Project, which: Which, format: Format | str, oldest_first: bool = False
) -> Iterator[Chunk]:
    """Yield the same as `export` does, with how far it is."""
    chosen = Format(format)
    write: Callable[[Sequence[Stored]], bytes] = otlp_lines.written
    if chosen == Format.FLAT:
        write = partial(flat_lines.written, project=project)
    audit.record(
        "traces.exported",
        kind="traffic",
        thing="traces",
        project=project,
        after={"format": chosen.value} | in_short(which),
    )
    return _chunks(project, which, write, oldest_first, with_kin=chosen == Format.FLAT)


def _chunks(
    project: Project,
    which: Which,
    write: Callable[[Sequence[Stored]], bytes],
    oldest_first: bool,
    with_kin: bool,
) -> Iterator[Chunk]:
    traces = spans = 0
    last = None
    for ids in ids_of(project, which, oldest_first):
        there = span_counts(project, ids)
        counts = {trace_id: there[trace_id] for trace_id in ids if trace_id in there}
        for piece in pieces(project.pk, counts, with_kin):
            for span in piece:
                traces += span.trace_id != last
                last = span.trace_id
            spans += len(piece)
            if piece:
                yield Chunk(write(piece), traces, spans)


def count(project: Project, which: Which) -> int | None:
    """Count the traces that an export has now; None where that takes too long to be waited for."""
    if isinstance(which, TraceQuery):
        traces = on_facets(matching(project, which), which)
    else:
        traces = Trace.objects.of_project(project.pk).among(list(which))
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            return traces.order_by().values("project_id").count()
    except TookTooLong:
        return None
