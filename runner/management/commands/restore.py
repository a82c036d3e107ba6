"""`manage.py restore FILE`: an installation from a backup, all of it or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from runner.backups import database_at_hand, passphrase, restoring
from runner.backups.manifest import Manifest
from runner.backups.programs import CannotBackUp
from runner.backups.sealed_stream import CannotRead


class Command(BaseCommand):
    help = "Fills this installation from a backup; refuses one that is not empty."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="give up all that this installation holds"
        )
        parser.add_argument(
            "--check", action="store_true", help="only read the backup to its end and describe it"
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            words = passphrase.to_open()
            if options["check"]:
                self._describe(restoring.check(file, words))
                return
            with database_at_hand.alone():
                done = restoring.restore(
                    file, words, Path(settings.DATA_DIR), timezone.now(), options["replace"]
                )
        except (CannotBackUp, CannotRead) as error:
            raise CommandError(str(error)) from None
        self._describe(done.manifest)
        for name in done.unlike:
            self.stderr.write(
                f"{name} is set in the environment and is not the backup's: sessions and links "
                "made before the backup open nothing until it is left out or set to the old one."
            )
        self.stdout.write(
            "Restored. Start Signals again (make run, or its web and worker processes): the start "
            "brings the tables up to date."
        )

    def _describe(self, manifest: Manifest) -> None:
        self.stdout.write(
            f"Backup of {manifest.made_at[:19]} UTC by Signals {manifest.version} on PostgreSQL "
            f"{manifest.postgres // 10_000}: {len(manifest.tables)} tables, {manifest.rows:,} rows."
        )
