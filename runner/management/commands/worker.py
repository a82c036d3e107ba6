"""The background work of one machine."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandParser

from runner.child_process import Child, manage
from runner.clusters import watchdog
from runner.supervisor import Supervisor


class Command(BaseCommand):
    help = "Settles traces, judges them and does all other background work; any number may run."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--watch",
            action="store_true",
            help="be the watchdog itself (without it, a parent restarts the watchdog if it dies)",
        )

    def handle(self, *args: object, watch: bool, **options: object) -> None:
        if watch:
            watchdog.run()
        else:
            Supervisor([Child("worker", manage("worker", "--watch"))]).run(watchdog.STOP_S + 3)
