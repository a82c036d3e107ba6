"""`manage.py recount`: build the label counts anew from the classifications."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from signals_app.labels import count_changes


class Command(BaseCommand):
    help = "Build the label counts anew from the classifications."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{count_changes.recount():,} rows of counts written.")
