"""The pass of every minute: opens what is newly wrong, closes what is over, owes the messages."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from alerts.incidents import detection, notices
from alerts.incidents.budget_trouble import spent_budgets
from alerts.incidents.detection import Trouble
from alerts.models import Cause, Incident
from core import log_lines
from core.background import leases
from core.background.leases import SoleWork

log = logging.getLogger(__name__)

#: Causes that a worker cannot see, since it is what has stopped; the web process looks for them.
OF_THE_WEB = frozenset({Cause.WORKER})
#: Looked for only now and then, because the question is a large one.
RARE = frozenset({Cause.NO_LABELS})
RARE_MINUTES = 10


def watch(now: datetime) -> int:
    """Look for what a worker can see. Returns how many messages are owed.

    Run at the same time by several workers, one looks and the others leave. Each change is a
    transaction with its messages, so that a killed pass tells nothing twice and forgets nothing.
    """
    with leases.hold(SoleWork.INCIDENTS) as lease:
        if not lease:
            return 0
        is_rare = now.minute % RARE_MINUTES == 0
        silent = list(detection.silent_signals(now)) if is_rare else []
        troubles = [
            *detection.stopped_signals(),
            *detection.failing_judges(now),
            *detection.full_disk(),
            *spent_budgets(now),
            *detection.missing_backup(now),
        ]
        looked_for = set(Cause) - OF_THE_WEB - (set() if is_rare else RARE)
        return _bring_up_to_date(troubles + _unexplained(silent, troubles), looked_for, now)


def watch_worker(now: datetime) -> int:
    """Look for a worker that has stopped, from a process that lives on. As `watch`."""
    with leases.hold(SoleWork.INCIDENTS) as lease:
        if not lease:
            return 0
        return _bring_up_to_date(list(detection.stopped_worker(now)), set(OF_THE_WEB), now)


def _unexplained(silent: list[Trouble], troubles: Iterable[Trouble]) -> list[Trouble]:
    """Tell one cause once: where the judge fails, its signals are silent for that reason."""
    explained = {each.team_id for each in troubles if each.cause == Cause.JUDGE}
    return [each for each in silent if each.team_id not in explained]


def _bring_up_to_date(troubles: list[Trouble], looked_for: set[Cause], now: datetime) -> int:
    known = {_key(each): each for each in Incident.objects.open().filter(cause__in=looked_for)}
    wrong = {_key(each): each for each in troubles}
    began = [_open(trouble, now) for key, trouble in wrong.items() if key not in known]
    ended = [_close(incident, now) for key, incident in known.items() if key not in wrong]
    return sum(began) + sum(ended)


def _key(trouble: Trouble | Incident) -> tuple[int, str, str]:
    return trouble.team_id, trouble.cause, trouble.subject


@transaction.atomic
def _open(trouble: Trouble, now: datetime) -> int:
    incident = Incident.objects.create(
        team_id=trouble.team_id,
        project_id=trouble.project_id,
        signal_id=trouble.signal_id,
        cause=trouble.cause,
        subject=trouble.subject,
        words=trouble.words,
        began_at=now,
    )
    log_lines.note(log, logging.WARNING, "incident began", **_facts(incident))
    return notices.owe(incident, now)


@transaction.atomic
def _close(incident: Incident, now: datetime) -> int:
    incident.ended_at = now
    incident.save(update_fields=["ended_at"])
    log_lines.note(log, logging.INFO, "incident ended", **_facts(incident))
    return notices.owe(incident, now)


def _facts(incident: Incident) -> dict[str, object]:
    return {
        "team": incident.team_id,
        "project": incident.project_id,
        "signal": incident.signal_id,
        "incident": incident.pk,
        "cause": incident.cause,
        "words": incident.words,
    }
