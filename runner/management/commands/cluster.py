"""One django-q2 cluster; the worker starts two."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandParser

from core import acting
from runner.clusters import cluster


class Command(BaseCommand):
    help = "Runs one django-q2 cluster for the watchdog, which sets Q_CLUSTER_NAME as well."
    # They read all pages, and judging is to be back in seconds.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=("signals", "judge"))
        parser.add_argument("signs_file", type=int, help="an open file, by its number")

    def handle(self, *args: object, name: str, signs_file: int, **options: object) -> None:
        acting.be(acting.Door.WORKER, name)
        cluster.run(name, signs_file)
