"""The checks, processes and queue → what the page shows."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from alerts.incidents.incident_facts import title_of
from alerts.models import Delivery, Incident
from core.models import Backup
from runner.health import facts, judge_queue, processes
from runner.health.checks import Check
from runner.health.facts import Waits
from runner.health.judge_queue import Depth

#: What each process does, in the order of the page.
ROLES = {
    "up": "starts all others",
    "web": "answers requests",
    "grpc": "takes OTLP over gRPC",
    "watchdog": "starts the worker's clusters again",
    "worker": "starts the watchdog again",
    "worker signals": "ticks: settling, alerts, messages",
    "worker judge": "judging",
    "backups": "makes backups",
    "database": "the embedded PostgreSQL",
    "other": "another program of ours",
}


#: Of targets in the queue.
STATES = {
    "waiting": "Targets that wait",
    "under_way": "Targets under way",
    "held": "Targets held for a person",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """The processes of one role. memory: in bytes."""

    role: str
    meaning: str
    count: int
    memory: int
    last_started: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    title: str
    words: str
    team: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the page. waits, queue: empty where the database does not answer."""

    checks: Sequence[Check]
    is_ready: bool
    kinds: Sequence[Kind]
    memory: int
    disk_free: int
    disk_total: int
    waits: Sequence[tuple[str, timedelta]]
    queue: Sequence[tuple[str, str, int]]
    messages: int
    incidents: Sequence[Trouble]
    backup: Backup | None
    makes_backups: bool
    has_metrics: bool


def shown(checks: Sequence[Check], now: datetime) -> Shown:
    """Collect it; checks: as `watch` has them, the database's first."""
    has_database = bool(checks[0].is_good)
    kinds = _kinds(now)
    disk = shutil.disk_usage(settings.DATA_DIR)
    return Shown(
        checks=checks,
        is_ready=all(each.is_good for each in checks),
        kinds=kinds,
        memory=sum(each.memory for each in kinds),
        disk_free=disk.free,
        disk_total=disk.total,
        waits=_waits(facts.asked_waits()) if has_database else (),
        queue=[_queued(each) for each in judge_queue.depth()] if has_database else (),
        messages=Delivery.objects.filter(state=Delivery.State.WAITING).count(),
        incidents=[_trouble(each) for each in _open_incidents()],
        backup=Backup.objects.order_by("-started_at").first(),
        makes_backups=bool(settings.BACKUP_DIR),
        has_metrics=bool(settings.METRICS_TOKEN),
    )


def _kinds(now: datetime) -> list[Kind]:
    running = processes.all_of(now.timestamp())
    by_role = {role: [each for each in running if each.role == role] for role in ROLES}
    return [
        Kind(
            role,
            ROLES[role],
            len(found),
            sum(each.memory for each in found),
            now - timedelta(seconds=min(each.age_s for each in found)),
        )
        for role, found in by_role.items()
        if found
    ]


def _waits(waits: Waits) -> list[tuple[str, timedelta]]:
    told = (
        ("Oldest trace to settle", waits.to_settle_s),
        ("Oldest target to judge", waits.to_be_judged_s),
        ("Oldest task", waits.tasks_s),
    )
    return [(title, timedelta(seconds=round(seconds))) for title, seconds in told]


def _queued(depth: Depth) -> tuple[str, str, int]:
    source = "of runs" if depth.source == "run" else "live"
    return STATES[depth.state], source, depth.count


def _open_incidents() -> list[Incident]:
    rows = Incident.objects.open().select_related("signal__project", "project__team")
    return list(rows.order_by("-began_at", "-pk")[:50])


def _trouble(incident: Incident) -> Trouble:
    team = incident.project.team.name
    return Trouble(title_of(incident), incident.words, team, incident.began_at)
