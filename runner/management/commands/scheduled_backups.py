"""Makes backups when they are due; `worker` and `up` start it where BACKUP_DIR is set."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from runner.backups import scheduled


class Command(BaseCommand):
    help = "Makes backups when they are due; the worker starts it where BACKUP_DIR is set."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        scheduled.run(stop)
