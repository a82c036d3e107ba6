"""An erasure, from the question what it would take to the record that it is over.

`begin` only asks for it. A task (`go_on`) deletes some traces at a time; a killed one is gone on
with. Once nothing is found any more, it looks again after ON_ITS_WAY, since what was on its way
when it was asked for (a batch being stored, a file being read) may have written some more; then the
record is closed and the subject's name is taken out of it. Traffic of the same person that is sent
later is new traffic, and stays until it is erased too.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from core.background import leases, long_tasks
from core.background.leases import SoleWork
from core.background.queue import enqueue
from teams import audit
from teams.models import Project, User
from traces.erasing import extensions, finding, rows
from traces.erasing.subjects import Kind, Subject
from traces.models import Erasure, Trace

TASK: Final = "traces.tasks.erase"
#: Longer than anything that began before the request may still write.
ON_ITS_WAY: Final = timedelta(minutes=2)
#: How long one task works.
WORK_S: Final = 15.0
#: Of one transaction, unless its first trace has more.
TRACES_AT_ONCE: Final = 200
SPANS_AT_ONCE: Final = 20_000
#: A preview counts exactly up to here.
MOST_COUNTED: Final = 20_000
NOTHING = "No traffic of it is stored in this project."
RUNS = "This is being erased already."


@dataclass(frozen=True, slots=True)
class Preview:
    """counts: by noun how much would go; is_more: there is more than was counted."""

    counts: dict[str, int]
    is_more: bool

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values())


def preview(project: Project, subject: Subject) -> Preview:
    """Count what an erasure would take."""
    found = finding.traces(project.pk, subject, MOST_COUNTED + 1)
    if not found:
        found = finding.traces_of_spans(project.pk, subject, MOST_COUNTED + 1)
    keys = finding.sessions(project.pk, subject, MOST_COUNTED + 1)
    traces = Trace.objects.of_project(project.pk).among(found[:MOST_COUNTED])
    spans = list(traces.values_list("span_count", flat=True))
    counts = Counter(traces=len(spans), spans=sum(spans), sessions=len(keys[:MOST_COUNTED]))
    counts += extensions.count(project.pk, [*found[:MOST_COUNTED], *keys[:MOST_COUNTED]])
    is_more = max(len(found), len(keys)) > MOST_COUNTED
    return Preview({noun: n for noun, n in counts.items() if n}, is_more)


@transaction.atomic
def begin(project: Project, subject: Subject, by: User | None, now: datetime) -> Erasure:
    """Ask for an erasure; it cannot be taken back. Raises ValidationError for the field subject."""
    running = Erasure.objects.filter(project=project, digest=subject.digest, finished_at=None)
    if running.exists():
        raise ValidationError({"subject": [RUNS]})
    if preview(project, subject).is_empty:
        raise ValidationError({"subject": [NOTHING]})
    erasure = Erasure.objects.create(
        project=project,
        kind=subject.kind,
        subject=subject.text,
        digest=subject.digest,
        by=by,
        requested_at=now,
    )
    audit.record("erasure.begun", **_about(erasure))
    enqueue(TASK)
    return erasure


def go_on(now: datetime, work_s: float = WORK_S) -> bool:
    """Erase for about `work_s` seconds; return whether nothing is left to do by now."""
    ends_at = time.monotonic() + work_s
    with leases.hold(SoleWork.ERASURES) as lease:
        if not lease:
            return True
        open_ones = Erasure.objects.filter(finished_at=None, project__deleted_at=None)
        for erasure in open_ones.select_related("project").order_by("requested_at"):
            if not _erase(erasure, ends_at):
                return False
            if now - erasure.requested_at > ON_ITS_WAY and not extensions.is_busy(
                erasure.project_id
            ):
                _finish(erasure, now)
    return True


def of_project(project: Project, most: int = 50) -> list[Erasure]:
    """Return the erasures of a project, newest first."""
    asked = Erasure.objects.filter(project=project).order_by("-requested_at", "-pk")
    return list(asked.select_related("by")[:most])


def _erase(erasure: Erasure, ends_at: float) -> bool:
    """Delete until nothing is found; return False if the time was over before."""
    subject = Subject(Kind(erasure.kind), erasure.subject)
    project_id = erasure.project_id
    user = subject.text if subject.kind == Kind.USER else ""
    for find in (finding.traces, finding.traces_of_spans):
        before: list[UUID] = []
        while (found := find(project_id, subject, TRACES_AT_ONCE)) and found != before:
            before = found  # a trace is named by its id, whether it is there or not
            _add(erasure, rows.delete(project_id, _some(project_id, found), user=user))
            if not long_tasks.may_go_on() or time.monotonic() > ends_at:
                return False
    before = []
    while (keys := finding.sessions(project_id, subject, TRACES_AT_ONCE)) and keys != before:
        before = keys
        _add(erasure, rows.delete(project_id, [], keys, user))
    extensions.forget(project_id, subject.text)
    return True


def _some(project_id: int, found: list[UUID]) -> list[UUID]:
    """Return as many of the traces as one transaction deletes."""
    sizes = dict(
        Trace.objects.of_project(project_id).among(found).values_list("trace_id", "span_count")
    )
    taken: list[UUID] = []
    spans = 0
    for trace_id in found:
        spans += sizes.get(trace_id, 0)
        if taken and spans > SPANS_AT_ONCE:
            break
        taken.append(trace_id)
    return taken


def _add(erasure: Erasure, gone: Counter[str]) -> None:
    erasure.counts = dict(Counter(erasure.counts) + gone)
    erasure.save(update_fields=["counts"])


@transaction.atomic
def _finish(erasure: Erasure, now: datetime) -> None:
    erasure.finished_at, erasure.subject = now, ""
    erasure.save(update_fields=["finished_at", "subject"])
    audit.record("erasure.finished", **_about(erasure), after=dict(erasure.counts))


def _about(erasure: Erasure) -> dict[str, Any]:
    """Return which erasure an entry of the audit log is about; it never says whose traffic."""
    return {
        "kind": "erasure",
        "thing": f"{erasure.get_kind_display()}, {erasure.digest[:16]}",
        "thing_id": erasure.uuid,
        "project": erasure.project,
    }
