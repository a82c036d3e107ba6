"""What is at this moment: of the checks, the queue, the messages, the machine."""

from __future__ import annotations

import shutil
import time
from collections import Counter as Tally
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.utils import timezone
from django_q.models import OrmQ

from alerts.models import Delivery, Incident
from core.background import heartbeats
from core.metrics.exposition import Gauge
from core.models import Backup
from runner.health import facts, judge_queue, processes
from runner.health.checks import Check

READY = "signals_ready", "1 where a check of /readyz is well, else 0."
BUILD = "signals_build_info", "1, with the version."
DISK = "signals_disk_free_bytes", "Space that is left where DATA_DIR lies."
PROCESSES = "signals_processes", "Processes on the machine that answers, by what they do."
MEMORY = (
    "signals_process_memory_bytes",
    "Their memory; what several share is counted in part for each where the system says so.",
)
QUEUE = (
    "signals_judge_queue_targets",
    "Targets in the queue: live or of a run; waiting, under way, or held for a person.",
)
WAITS = (
    "signals_oldest_wait_seconds",
    "How long the oldest has waited beyond its time: to_settle, to_be_judged, task.",
)
TASKS = "signals_tasks_waiting", "Tasks of the worker that wait, by cluster."
OWED = "signals_deliveries_waiting", "Messages that are to be sent."
INCIDENTS = "signals_incidents_open", "Trouble of Signals itself that is not over, by cause."
BEAT = "signals_worker_beat_age_seconds", "How long ago a worker swept."
SIZE = "signals_database_bytes", "Size of the database."
BACKUP = "signals_backup_age_seconds", "How long ago the last backup that succeeded was finished."


def of_machine(found: Sequence[Check]) -> Iterable[Gauge]:
    """Return what is known without the database; found: what the checks say."""
    yield Gauge(*BUILD, [({"version": settings.VERSION}, 1)])
    yield Gauge(*READY, [({"check": each.name}, float(bool(each.is_good))) for each in found])
    yield Gauge(*DISK, [({}, shutil.disk_usage(settings.DATA_DIR).free)])
    running = processes.all_of(time.time())
    count = Tally(each.role for each in running)
    memory: Tally[str] = Tally()
    for each in running:
        memory[each.role] += each.memory
    yield Gauge(*PROCESSES, [({"role": role}, n) for role, n in sorted(count.items())])
    yield Gauge(*MEMORY, [({"role": role}, n) for role, n in sorted(memory.items())])


def of_database() -> Iterable[Gauge]:
    """Return what the database knows."""
    now = timezone.now()
    depth = [({"source": d.source, "state": d.state}, float(d.count)) for d in judge_queue.depth()]
    yield Gauge(*QUEUE, depth)
    waits = facts.waits()
    told = {
        "to_settle": waits.to_settle_s,
        "to_be_judged": waits.to_be_judged_s,
        "task": waits.tasks_s,
    }
    yield Gauge(*WAITS, [({"what": what}, seconds) for what, seconds in told.items()])
    tasks = OrmQ.objects.filter(lock__lte=now).values_list("key").annotate(Count("pk"))
    yield Gauge(*TASKS, [({"cluster": key}, n) for key, n in tasks.order_by("key")])
    yield Gauge(*OWED, [({}, Delivery.objects.filter(state=Delivery.State.WAITING).count())])
    causes = Incident.objects.open().values_list("cause").annotate(Count("pk")).order_by("cause")
    yield Gauge(*INCIDENTS, [({"cause": cause}, n) for cause, n in causes])
    if beat := heartbeats.last(facts.WORKER_BEAT):
        yield Gauge(*BEAT, [({}, max(0.0, (now - beat).total_seconds()))])
    yield Gauge(*SIZE, [({}, _database_bytes())])
    done = Backup.objects.filter(finished_at__isnull=False, trouble="").order_by("-finished_at")
    if last := done.values_list("finished_at", flat=True).first():
        yield Gauge(*BACKUP, [({}, (now - last).total_seconds())])


def _database_bytes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])
