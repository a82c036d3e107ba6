"""Loads the demo project, unless it is there."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from demo import load


class Command(BaseCommand):
    help = "Loads the demo project: recorded conversations of an airline's support agent."

    def handle(self, *args: object, **options: object) -> None:
        load.ensure()
