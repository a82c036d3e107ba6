"""Span records → rows, one transaction a batch.

The batch first takes its traces: it makes the rows of new ones and locks those that are
there. Whoever holds a trace is the only one to write spans of it, so that what is new can
be asked once, and COPY cannot meet a duplicate. Only what was really inserted changes the
rows of trace, agent and session; a repeated batch changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg
from django.conf import settings

from core.time_range.unix_time import microseconds_of, moment_of
from traces.conventions import derive
from traces.ingest import agent_ids, clocks, trace_sql
from traces.ingest.agent_ids import Found
from traces.ingest.incoming import COLUMNS, Incoming, row, take
from traces.ingest.naming import Naming, agreed, namings
from traces.ingest.resolving import PAID_KINDS, resolve_agents, root_of
from traces.ingest.trace_rows import Waits, summary
from traces.models import SpanFlag
from traces.records import SpanRecord
from traces.store import partitions
from traces.store.payload import pack_all, unpack

COPY = f"COPY span ({', '.join(name for name, _ in COLUMNS)}) FROM STDIN (FORMAT binary)"
TYPES = [type_name for _, type_name in COLUMNS]
#: Bounds the memory that a large batch takes.
PACKED_AT_ONCE = 1_000

Batch = dict[UUID, list[Incoming]]


@dataclass(slots=True)
class Written:
    """What a batch changed. Spans that were there already are in neither number."""

    inserted: int = 0
    replaced: int = 0
    traces: list[UUID] = field(default_factory=list)


def write(
    connection: psycopg.Connection,
    project_id: int,
    records: Sequence[SpanRecord],
    now: datetime,
    session_idle_s: int | None = None,
    is_uploaded: bool = False,
) -> Written:
    """Store the spans and bring the rows of their traces, agents and sessions up to date.

    One transaction; within a transaction of the caller's, a savepoint. `session_idle_s` is
    the project's, None for the default. `is_uploaded`: history, which is not judged as live.
    Raises psycopg.Error when the database cannot.
    """
    batch = _understood(records, now)
    if not batch:
        return Written()
    join_transaction(connection)
    idle_s = settings.SESSION_IDLE_S if session_idle_s is None else session_idle_s
    work = _Work(project_id, batch, now, timedelta(seconds=idle_s), is_uploaded)
    try:
        written = work.run(connection)
    except psycopg.errors.CheckViolation:
        # Retention dropped a partition that this process had seen.
        partitions.forget()
        written = work.run(connection)
    if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
        agent_ids.seen(connection, project_id, work.agents, work.spoken, now)
    return written


def join_transaction(connection: psycopg.Connection) -> None:
    """Make sure that Django's `atomic` has begun: it begins nothing before its first statement,
    and psycopg would take our transaction for the outermost one, and commit it."""
    if not connection.autocommit:
        connection.execute("SELECT 1")


def _understood(records: Iterable[SpanRecord], now: datetime) -> Batch:
    """Return the batch by trace, each span once."""
    now_us = microseconds_of(now)
    uuids: dict[bytes, UUID] = {}
    spans: dict[tuple[UUID, int], Incoming] = {}
    for record in records:
        fields = derive(record)
        if fields.is_placeholder:
            continue
        trace_id = uuids.get(record.trace_id)
        if trace_id is None:
            trace_id = uuids[record.trace_id] = UUID(bytes=record.trace_id)
        span = take(record, fields, trace_id, now_us)
        other = spans.get(span.key)
        if other is None or span.has_more_than > other.has_more_than:
            spans[span.key] = span
    batch: Batch = {}
    for span in spans.values():
        batch.setdefault(span.trace_id, []).append(span)
    for of_trace in batch.values():
        for span, said in zip(of_trace, agreed([span.said for span in of_trace]), strict=True):
            span.said = said
    return batch


class _Work:
    """One batch of one project on its way into the database."""

    def __init__(
        self,
        project_id: int,
        batch: Batch,
        now: datetime,
        idle: timedelta,
        is_uploaded: bool,
    ) -> None:
        self.project_id = project_id
        self.batch = batch
        self.spoken = namings((span.said, key) for key, spans in batch.items() for span in spans)
        self.now = now
        self.idle = idle
        self.is_uploaded = is_uploaded
        self.waits = Waits(settings.TRACE_QUIET_S, settings.TRACE_MAX_WAIT_S)
        self.agents: dict[Naming, Found] = {}

    def run(self, connection: psycopg.Connection) -> Written:
        with connection.transaction(), psycopg.Cursor(connection) as cursor:
            clocks.mend(cursor, self.project_id, self.batch, microseconds_of(self.now))
            starts = [span.node.start_us for spans in self.batch.values() for span in spans]
            partitions.ensure(cursor, moment_of(min(starts)), moment_of(max(starts)))
            self.agents = agent_ids.ids_of(cursor, self.project_id, self.spoken, self.now)
            self._resolve(self.batch)
            new = self._take_traces(cursor)
            written = Written(sum(len(self.batch[trace_id]) for trace_id in new), 0, list(new))
            rows = [span for trace_id in new for span in self.batch[trace_id]]
            if len(new) < len(self.batch):
                rows += self._add_to_known(cursor, self.batch.keys() - new, written)
            if rows:
                self._copy(cursor, rows)
                self._link(cursor, rows, written.traces, known=len(new) < len(self.batch))
            return written

    def _resolve(self, batch: Batch) -> None:
        for spans in batch.values():
            for span in spans:
                # Set for all: a second run must not keep the keys of a first, undone one.
                span.node.agent = self.agents[span.said.naming].id if span.said else None
            nodes = [span.node for span in spans]
            # Without its root a trace may still bring other agents: settling will know.
            resolve_agents(nodes, is_complete=root_of(nodes) is not None)

    def _take_traces(self, cursor: psycopg.Cursor) -> set[UUID]:
        """Make or lock the traces of the batch; returns the new ones."""
        rows = []
        for trace_id, spans in self.batch.items():
            columns = summary(trace_id, spans, self.now, self.waits)
            fill_words(spans, columns["session_id"], columns["user_id"])
            rows.append(columns)
        values = [self.project_id, self.is_uploaded, _json(rows)]
        cursor.execute(trace_sql.INSERT_OR_LOCK, values)
        return {trace_id for (trace_id,) in cursor.fetchall()}

    def _add_to_known(
        self, cursor: psycopg.Cursor, known: set[UUID], written: Written
    ) -> list[Incoming]:
        """Bring traces that were there up to date; returns the spans to copy."""
        stored = self._stored_spans(cursor, known)
        rows: list[Incoming] = []
        changes: list[dict[str, Any]] = []
        replaced: list[_Stored] = []
        for trace_id in known:
            fresh, old = _news(self.batch[trace_id], stored, self.is_uploaded)
            if not fresh:
                continue
            rows += fresh
            replaced += old
            changes.append(_without(summary(trace_id, fresh, self.now, self.waits), old))
        if changes:
            self._replace(cursor, replaced)
            ids = [change["trace_id"] for change in changes]
            wait = (self.waits.quiet_s, self.waits.max_wait_s)
            values = [*wait, self.is_uploaded, _json(changes), self.project_id]
            cursor.execute(trace_sql.ADD_TO_TRACES, values)
            self._fill_from_traces(cursor, ids)
            written.traces += ids
        written.inserted += len(rows) - len(replaced)
        written.replaced += len(replaced)
        return rows

    def _stored_spans(
        self, cursor: psycopg.Cursor, known: set[UUID]
    ) -> dict[tuple[UUID, int], _Stored]:
        ids = [
            {"trace_id": trace_id, "span_id": span.node.span_id}
            for trace_id in known
            for span in self.batch[trace_id]
        ]
        cursor.execute(trace_sql.KNOWN_SPANS, [_json(ids), self.project_id, list(known)])
        return {(row[0], row[1]): _Stored(*row) for row in cursor.fetchall()}

    def _replace(self, cursor: psycopg.Cursor, old: list[_Stored]) -> None:
        if old:
            ids = [
                {"trace_id": o.trace_id, "span_id": o.span_id, "start_time": o.start_time}
                for o in old
            ]
            cursor.execute(trace_sql.DELETE_SPANS, [_json(ids), self.project_id])

    def _fill_from_traces(self, cursor: psycopg.Cursor, ids: list[UUID]) -> None:
        cursor.execute(trace_sql.KNOWN_WORDS, [self.project_id, ids])
        for trace_id, session, user in cursor.fetchall():
            fill_words(self.batch[trace_id], session, user)

    def _copy(self, cursor: psycopg.Cursor, rows: list[Incoming]) -> None:
        now_us = microseconds_of(self.now)
        with cursor.copy(COPY) as copy:
            copy.set_types(TYPES)
            for start in range(0, len(rows), PACKED_AT_ONCE):
                some = rows[start : start + PACKED_AT_ONCE]
                payloads = pack_all([span.record for span in some])
                for span, payload in zip(some, payloads, strict=True):
                    copy.write_row(row(span, self.project_id, now_us, payload))

    def _link(
        self, cursor: psycopg.Cursor, rows: list[Incoming], traces: list[UUID], known: bool
    ) -> None:
        """Link agents to traces, and bring their sessions up to date."""
        pairs = {(span.trace_id, span.node.agent) for span in rows if span.node.agent is not None}
        if pairs:
            links = [{"trace_id": trace_id, "agent_id": agent} for trace_id, agent in pairs]
            cursor.execute(trace_sql.LINK_AGENTS, [_json(links), self.project_id])
        if known:
            cursor.execute(trace_sql.RELINK_AGENTS, [self.project_id, traces])
        cursor.execute(
            trace_sql.TOUCH_SESSIONS,
            [self.now, self.now + self.idle, traces, self.project_id, self.now],
        )


@dataclass(slots=True)
class _Stored:
    """A span that was there when the same span arrived again."""

    trace_id: UUID
    span_id: int
    start_time: datetime
    ended: bool
    kind: str
    is_error: bool
    flags: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    payload: bytes


def fill_words(spans: Sequence[Incoming], session: str | None, user: str | None) -> None:
    """Give the one session and user of a trace to the spans that do not say theirs."""
    for span in spans:
        span.node.session = span.node.session or session
        span.node.user = span.node.user or user


def _news(
    spans: Sequence[Incoming], stored: dict[tuple[UUID, int], _Stored], is_uploaded: bool
) -> tuple[list[Incoming], list[_Stored]]:
    """Return the spans to write, and the stored ones that some of them replace.

    What is uploaded takes the place of an unfinished span alone: a line of a file may have more
    attributes than what was sent, such as those that HALO reads, and no events.
    """
    fresh: list[Incoming] = []
    replaced: list[_Stored] = []
    for span in spans:
        old = stored.get(span.key)
        if old is None:
            fresh.append(span)
        elif _says_more(span, old) and not (is_uploaded and old.ended):
            fresh.append(span)
            replaced.append(old)
    return fresh, replaced


def _says_more(span: Incoming, old: _Stored) -> bool:
    """Say whether a span says more than the stored one. SDKs that post it at its start and its end
    send it twice: the end counts."""
    if span.node.end_us is None:
        return False
    if not old.ended:
        return True
    return len(span.record.attributes) > len(unpack(old.payload)["attributes"])


def _without(change: dict[str, Any], old: Iterable[_Stored]) -> dict[str, Any]:
    """Take off again what the replaced spans had added to their trace."""
    for span in old:
        change["span_count"] -= 1
        change["error_count"] -= span.is_error
        change["llm_count"] -= span.kind == "llm"
        change["tool_count"] -= span.kind == "tool"
        if span.kind in PAID_KINDS and not span.flags & SpanFlag.REPEATS:
            for name in ("input_tokens", "output_tokens", "cost_usd"):
                if (amount := getattr(span, name)) is not None:
                    change[name] = (change[name] or 0) - amount
    return change


def _json(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows).decode()
