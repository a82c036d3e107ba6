"""Makes the demo project, once: people, key, history, signals, their labels, and alerts."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from core.background import leases
from core.background.leases import SoleWork
from demo import keys, past, people, questions, watching
from demo.recording import conversations
from signals_app.models import Signal
from signals_app.queue.queueing import settle_and_queue
from teams.models import Project, User


def ensure() -> None:
    """Make whatever of the demo is missing; quick and without effect when all is there."""
    with leases.wait_and_hold(SoleWork.DEMO_LOAD):
        user = people.ensure_user()
        project = people.ensure_project(user)
        keys.ensure(project)
        if Signal.objects.filter(project=project).exists():
            questions.spare_a_real_judge(project, user)
        else:
            fill(project, user, timezone.now())


def fill(project: Project, user: User, now: datetime) -> None:
    """Write history, signals and alerts; the signals last, as the sign that all is there."""
    past.load(project, conversations())
    # Settled before anything is asked, so that only the run counts it, at its own time.
    while settle_and_queue(now):
        pass
    with transaction.atomic():  # signals without alerts would count as all of it
        questions.ask_all(project, user, now)
        watching.watch(project, user)


def credentials() -> tuple[User, str]:
    """Return whom the printed link signs in, and the secret of the demo's API key."""
    user = people.ensure_user()
    return user, keys.ensure(people.ensure_project(user))
