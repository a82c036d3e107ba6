"""The background work of one machine."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.management.base import BaseCommand

from core.logs import folding
from runner.backups import scheduled
from runner.clusters import watchdog
from runner.supervisor import Supervisor


class Command(BaseCommand):
    help = "Settles traces, judges them and does all other background work; any number may run."
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        if folding.VARIABLE not in os.environ:
            folding.begin(settings.DATA_DIR)
        # The watchdog is a child, so that it is started again if it dies.
        Supervisor([watchdog.new_child(), *scheduled.children()]).run(watchdog.STOP_S + 3)
