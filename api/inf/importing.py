"""Files that the client sends in parts: kept until all are there, then stored bite by bite.

A bite is some seconds of work on whole lines, so that a file of gigabytes keeps no other task
waiting, and a killed worker loses a bite at most: to store a line again changes nothing.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Sum
from django.db.models.functions import Length

from api.inf.errors import refused
from api.models import TraceImport, TraceImportPart
from core.background import leases, long_tasks
from core.background.leases import SoleWork
from core.background.queue import enqueue
from teams import audit
from teams.models import Project
from traces.uploading.day_limit import OverDayLimit
from traces.uploading.decoding import Format
from traces.uploading.outcome import MOST_ERRORS, Uploaded
from traces.uploading.pieces import MAGIC
from traces.uploading.uploading import upload

log = logging.getLogger(__name__)

State = TraceImport.State

TASK = "api.tasks.take_imports"
PART_BYTES: Final = 4 * 1024 * 1024
#: Larger files are for REST, which stores them as they arrive.
MOST_BYTES: Final = 4 * 1024**3
#: Of one project at a time: what has not been stored yet lies in the database.
MOST_OPEN: Final = 5
#: How long one task works: alerts are evaluated by the same worker process.
WORK_S: Final = 15.0
PIECE_BYTES: Final = 256 * 1024
KEPT_FOR: Final = timedelta(days=14)
#: A file whose parts stopped coming is let go.
GIVEN_UP_AFTER: Final = timedelta(days=1)

TOO_LARGE = (
    "At most 4 GiB at once: split the file, or send it by REST, which takes any size (docs/api.md)."
)
TOO_MANY = "Five files of this project are on their way. Wait for one, or abort it."
NO_IMPORT = "There is no such upload in this project: inf trace imports-list."
NOT_OPEN = "This upload takes no more parts: it is {state}."
NO_PART = "There is no such part of this file."
INCOMPLETE = "Only {n:,} of {size:,} bytes have arrived. Send the missing parts."
COMPRESSED = "Send the lines as they are, not compressed."
WAITS = (
    "{n:,} spans stored. The team has sent all that it may today: the rest follows by itself after "
    "midnight UTC."
)
FAULT = "A fault on our side; the server's log says more. What was read before is stored."


def begin(project: Project, name: str, size: int, now: datetime) -> TraceImport:
    """Make room for a file. Raises Refused."""
    if size > MOST_BYTES:
        raise refused(TOO_LARGE, 413, "fileSize")
    known = TraceImport.objects.filter(project=project)
    if known.filter(state__in=(State.UPLOADING, State.PROCESSING)).count() >= MOST_OPEN:
        raise refused(TOO_MANY, 409)
    with transaction.atomic():
        made = known.create(project=project, name=name[:200], size=size, created_at=now)
        audit.record(
            "traffic.uploaded",
            kind="traffic",
            thing=made.name,
            thing_id=made.uuid,
            project=project,
            after={"bytes": size},
        )
    return made


def parts_of(size: int) -> int:
    """Return how many parts a file of that size has."""
    return max(1, -(-size // PART_BYTES))


def of_project(project: Project, key: UUID) -> TraceImport:
    """Return an import. Raises Refused where the project has no such one."""
    known = TraceImport.objects.filter(project=project, uuid=key).first()
    if known is None:
        raise refused(NO_IMPORT, 404)
    return known


def take_part(known: TraceImport, number: int, content: bytes) -> None:
    """Keep a part, in the place of the one that was sent before with this number.

    Raises Refused.
    """
    if known.state != State.UPLOADING:
        raise refused(NOT_OPEN.format(state=known.state), 409)
    if not 1 <= number <= parts_of(known.size) or len(content) != _part_size(known.size, number):
        raise refused(NO_PART)
    try:
        TraceImportPart.objects.update_or_create(
            of=known, number=number, project=known.project, defaults={"content": content}
        )
    except IntegrityError:  # it was aborted meanwhile
        raise refused(NO_IMPORT, 404) from None


def complete(known: TraceImport) -> None:
    """Have a file stored whose parts are all there; twice equals once. Raises Refused."""
    with transaction.atomic():
        locked = TraceImport.objects.select_for_update().get(pk=known.pk)
        if locked.state in (State.PROCESSING, State.PROCESSED):
            return
        if locked.state != State.UPLOADING:
            raise refused(NOT_OPEN.format(state=locked.state), 409)
        here = locked.parts.aggregate(n=Sum(Length("content")))["n"] or 0
        if here != locked.size:
            raise refused(INCOMPLETE.format(n=here, size=locked.size), 409)
        locked.format = _format_of(locked)
        locked.state = State.PROCESSING
        locked.save(update_fields=["state", "format"])
        enqueue(TASK)


def abort(known: TraceImport, now: datetime) -> None:
    """Let a file go; what is stored of it stays."""
    with transaction.atomic():
        locked = TraceImport.objects.select_for_update().get(pk=known.pk)
        if locked.state in (State.UPLOADING, State.PROCESSING):
            _end(locked, State.CANCELED, now)


def go_on(now: datetime, work_s: float = WORK_S) -> bool:
    """Store a bite of each file that is whole, for about `work_s` seconds together; return whether
    nothing is left that can be stored now. One worker does it at a time."""
    waiting: list[int] = []
    ends_at = time.monotonic() + work_s
    with leases.hold(SoleWork.IMPORTS) as lease:
        if not lease:
            return True
        for known in TraceImport.objects.filter(state=State.PROCESSING).order_by("pk"):
            if lease.is_lost or not long_tasks.may_go_on() or time.monotonic() > ends_at:
                return False
            if not _take_bite(known, ends_at, now):
                waiting.append(known.pk)
    left = TraceImport.objects.filter(state=State.PROCESSING).exclude(pk__in=waiting)
    return not left.exists()


def prune(now: datetime) -> None:
    """Forget imports that are long over, and let go those whose parts stopped coming."""
    TraceImport.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    waiting = TraceImport.objects.filter(state=State.UPLOADING)
    for known in waiting.filter(created_at__lt=now - GIVEN_UP_AFTER):
        abort(known, now)


def _take_bite(known: TraceImport, ends_at: float, now: datetime) -> bool:
    """Store a bite, whole; return False where the file waits for the team's next day."""
    bite = _Bite(known, ends_at)
    try:
        done = upload(known.project, bite.pieces(), known.format, now=now, stops_at_limit=False)
    except DatabaseError:
        raise
    except OverDayLimit:
        waiting = TraceImport.objects.filter(pk=known.pk, state=State.PROCESSING)
        waiting.update(detail=WAITS.format(n=known.spans))
        return False
    except Exception:
        log.exception("import %s of project %s", known.uuid, known.project_id)
        done = None
    with transaction.atomic():
        locked = TraceImport.objects.select_for_update().filter(pk=known.pk).first()
        if locked is None or locked.state != State.PROCESSING:
            return True
        if done is None:
            locked.detail = FAULT
            _end(locked, State.FAILED, now)
            return True
        _note(locked, bite, done)
        if locked.offset >= locked.size or not bite.is_over:
            nothing = not locked.spans and bool(locked.lines_refused)
            _end(locked, State.FAILED if nothing else State.PROCESSED, now)
    return True


def _note(locked: TraceImport, bite: _Bite, done: Uploaded) -> None:
    """Add what a bite came to; its lines are counted from where it began."""
    errors = [{"line": locked.lines + error.line, "error": error.sentence} for error in done.errors]
    locked.errors = [*locked.errors, *errors][:MOST_ERRORS]
    locked.offset += bite.taken
    locked.lines += bite.lines
    locked.lines_read += done.lines
    locked.lines_refused += done.lines_refused
    locked.spans += done.spans_accepted
    locked.duplicates += done.duplicates
    locked.detail = f"{locked.spans:,} spans stored, {locked.duplicates:,} of them once more."
    locked.save()
    locked.parts.filter(number__lte=locked.offset // PART_BYTES).delete()


def _end(locked: TraceImport, state: State, now: datetime) -> None:
    locked.state, locked.finished_at = state, now
    locked.save(update_fields=["state", "finished_at", "detail"])
    locked.parts.all().delete()


class _Bite:
    """Whole lines of a file from its offset on, until the time is over.

    taken: bytes, and lines: line ends that were given away. is_over: false where whoever read
    them left off before their end, since nothing further can be read.
    """

    def __init__(self, known: TraceImport, ends_at: float) -> None:
        self._known, self._ends_at = known, ends_at
        self.taken = self.lines = 0
        self.is_over = False

    def pieces(self) -> Iterator[bytes]:
        for piece in self._rest():
            end = piece.find(b"\n") + 1
            is_last = time.monotonic() > self._ends_at and self.taken and end
            given = piece[:end] if is_last else piece
            self.taken += len(given)
            self.lines += given.count(b"\n")
            yield given
            if is_last:
                break
            long_tasks.leave_sign_of_life()
        self.is_over = True

    def _rest(self) -> Iterator[bytes]:
        """Yield the file from its offset on, a part of it in memory at a time."""
        number, skipped = divmod(self._known.offset, PART_BYTES)
        while part := self._known.parts.filter(number=number + 1).first():
            content = bytes(part.content)
            for start in range(skipped, len(content), PIECE_BYTES):
                yield content[start : start + PIECE_BYTES]
            number, skipped = number + 1, 0


def _part_size(size: int, number: int) -> int:
    return min(PART_BYTES, size - (number - 1) * PART_BYTES)


def _format_of(known: TraceImport) -> str:
    """Return how the lines of a file are written, by the first of them."""
    first = known.parts.order_by("number").first()
    start = bytes(first.content) if first else b""
    if start.startswith(MAGIC):
        raise refused(COMPRESSED)
    line = next((each for each in start.split(b"\n") if each.strip()), b"")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    is_otlp = isinstance(value, dict) and ("resourceSpans" in value or "resource_spans" in value)
    return Format.OTLP_JSON_LINES if is_otlp else Format.FLAT
