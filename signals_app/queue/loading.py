"""What is to be judged, read back from the store, in bounded time and memory.

Whatever is in a trace, its reading ends: a target that takes too long, or that our reading fails
at, is given up alone, and says so; the others of its batch go on.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from django.conf import settings

from core import time_limit
from signals_app.judging import prompt, session_turns
from signals_app.judging.questions import Target
from signals_app.models import Scope
from signals_app.queue.jobs import Job
from traces import transcript
from traces.models import AgentTrace
from traces.records import StoredSpan
from traces.store import bounded_reading, reading
from traces.store.bounded_reading import TraceSize
from traces.transcript import ReadTurn, Transcript

log = logging.getLogger(__name__)

#: A target of the largest size that we take is read and written down in a tenth of this.
PREPARE_S = 20.0
TOO_SLOW = (
    "Reading this target took more than {seconds:g} s, so it was given up. Its text is larger or "
    "stranger than this program can prepare for a judge."
)
UNREADABLE = "This target could not be read ({kind}): an error of this program, see its log."

#: What a fault of ours raises; trouble with the database is everybody's, and no target's.
_FAULTS = (ValueError, TypeError, LookupError, AttributeError, RecursionError)

Key = tuple[object, ...]


def load(jobs: Sequence[Job], is_read: bool) -> dict[Key, Target]:
    """Read what is to be judged, by Job.target_key. `trouble` of a target says why it cannot be.

    is_read: whether a model reads it, so that it is written down here, and not in the event loop.
    """
    unique = {job.target_key: job for job in jobs}
    codes = _codes(list(unique.values()))
    traces: dict[int, list[Job]] = defaultdict(list)
    by_key: dict[Key, Target] = {}
    for key, job in unique.items():
        if job.scope == Scope.TRACE:
            traces[job.project_id].append(job)
        else:
            by_key[key] = _prepared(job, codes[key], None, is_read)
    for project_id, wanted in traces.items():
        jobs_of: dict[UUID, list[Job]] = defaultdict(list)
        for job in wanted:
            jobs_of[job.target].append(job)
        sizes = bounded_reading.sizes(project_id, list(jobs_of))
        for batch in bounded_reading.batches(sizes.values()):
            spans = _together(project_id, batch)
            for trace in batch:
                held = spans.pop(trace.trace_id, None)
                for job in jobs_of[trace.trace_id]:
                    by_key[job.target_key] = _prepared(job, codes[job.target_key], held, is_read)
    return by_key


def _together(project_id: int, batch: list[TraceSize]) -> dict[UUID, list[StoredSpan]]:
    """Read the spans of several traces; none where one of them cannot be read, and each is
    tried."""
    try:
        return bounded_reading.read(project_id, batch)
    except _FAULTS:
        return {}


def read(project_id: int, scope: str, target: UUID, span_id: int) -> Transcript:
    """Return what was said in one target; without content when it is no longer stored."""
    if scope == Scope.SESSION:
        return transcript.of_long_session(_turns(project_id, target))
    if scope == Scope.TRACE:
        return transcript.of_trace(bounded_reading.spans_of_trace(project_id, target))
    span = reading.span(project_id, target, span_id)
    return transcript.of_span(span) if span else Transcript([])


def _prepared(job: Job, code: str, spans: list[StoredSpan] | None, is_read: bool) -> Target:
    """spans: of a trace, where they have been read."""
    target = Target(Transcript([]), job.scope, code)
    try:
        with time_limit.within(PREPARE_S):
            if spans is None:
                said = read(job.project_id, job.scope, job.target, job.span_id)
            else:
                said = transcript.of_trace(spans)
            target = Target(said, job.scope, code)
            if is_read:
                target.evidence(settings.JUDGE_MAX_INPUT_CHARS)
    except time_limit.TookTooLong:
        target.trouble = TOO_SLOW.format(seconds=PREPARE_S)
    except _FAULTS as error:
        log.exception("reading %s %s failed", job.scope, job.target.hex)
        target.trouble = UNREADABLE.format(kind=type(error).__name__)
    return target


def _turns(project_id: int, session: UUID) -> Iterator[ReadTurn]:
    """Yield the turns of a session that are read, some at a time."""
    rows = reading.turns_of_session(project_id, session)
    weighed = session_turns.chosen(rows)
    sizes = bounded_reading.sizes(project_id, [rows[place].trace_id for place in weighed])
    bytes_of = {place: sizes[rows[place].trace_id].bytes for place in weighed}
    places = session_turns.within_bytes(weighed, bytes_of, len(rows))
    numbers = {rows[place].trace_id: place for place in places}
    before = -1
    for spans in bounded_reading.in_batches(project_id, [sizes[trace_id] for trace_id in numbers]):
        for trace_id in list(spans):
            place = numbers[trace_id]
            unread = rows[before + 1 : place]
            chars = sum(row.chars for row in unread)
            if spans[trace_id]:
                yield ReadTurn(place + 1, spans.pop(trace_id), bool(unread), chars)
                before = place


def _codes(jobs: list[Job]) -> dict[Key, str]:
    """Return the code of each target's fence: the same for a session and all of its traces and
    spans, so that what successive turns repeat is read from the judge's cache."""
    sessions = _sessions(job for job in jobs if job.scope != Scope.SESSION)
    secret = settings.SECRET_KEY.encode()
    by_key: dict[Key, str] = {}
    for job in jobs:
        root = job.target
        if job.scope != Scope.SESSION:
            root = sessions.get((job.project_id, job.agent_id, job.target), root)
        by_key[job.target_key] = prompt.fence_code(secret, f"{job.project_id}:{root.hex}")
    return by_key


def _sessions(jobs: Iterable[Job]) -> dict[tuple[int, int, UUID], UUID]:
    """Return the key of the session that a trace of an agent belongs to, where it belongs to
    one."""
    of_project: dict[int, set[UUID]] = defaultdict(set)
    for job in jobs:
        of_project[job.project_id].add(job.target)
    by_trace: dict[tuple[int, int, UUID], UUID] = {}
    for project_id, trace_ids in of_project.items():
        rows = AgentTrace.objects.of_project(project_id).filter(trace_id__in=trace_ids)
        for agent_id, trace_id, key in rows.values_list("agent_id", "trace_id", "session_key"):
            if key is not None:
                by_trace[project_id, agent_id, trace_id] = key
    return by_trace
