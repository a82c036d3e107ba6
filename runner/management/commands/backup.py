"""`manage.py backup FILE`: the database and the keys, encrypted, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from runner.backups import database_at_hand, making, passphrase
from runner.backups.programs import CannotBackUp
from runner.backups.sealed_stream import WeakPassphrase


class Command(BaseCommand):
    help = (
        "Writes the whole installation to one encrypted file, while it runs or not. The passphrase "
        "is BACKUP_PASSPHRASE, or is asked for."
    )
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            words = passphrase.to_make()
            with database_at_hand.running_or_started():
                made = making.make(file.absolute(), words, timezone.now())
        except (CannotBackUp, WeakPassphrase) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{file}: {made.rows:,} rows, {made.bytes:,} bytes.")
        self.stderr.write(
            "Keep the passphrase where the backup is not: without it nobody can open the file."
        )
