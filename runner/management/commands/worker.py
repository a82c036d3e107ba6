"""The background work of one machine."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandParser

from runner import stop_signals
from runner.child_process import Child, manage
from runner.clusters.watchdog import STOP_S, Watchdog
from runner.supervisor import Supervisor


class Command(BaseCommand):
    help = "Settles traces, judges them and does all other background work; any number may run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--watch",
            action="store_true",
            help="be the watchdog itself (without it, a parent restarts the watchdog if it dies)",
        )

    def handle(self, *args: object, watch: bool, **options: object) -> None:
        if watch:
            Watchdog().run()
        else:
            keep_watchdog()


def keep_watchdog() -> None:
    supervisor = Supervisor([Child("worker", manage("worker", "--watch"))])
    stop_signals.listen()
    try:
        supervisor.start()
        supervisor.keep_running()
    except stop_signals.Stop:
        pass
    finally:
        stop_signals.ignore()
        supervisor.stop(STOP_S + 3)
