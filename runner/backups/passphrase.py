"""The passphrase of a backup: from the environment or typed, never from the command line."""

from __future__ import annotations

import getpass
import sys

from django.conf import settings

from runner.backups.programs import CannotBackUp


def to_make() -> str:
    """Return the passphrase for a new backup; typed, it is asked for twice."""
    if known := str(settings.BACKUP_PASSPHRASE):
        return known
    typed = _typed("Passphrase of the backup: ")
    if typed != _typed("Once more: "):
        raise CannotBackUp("The two passphrases differ.")
    return typed


def to_open() -> str:
    """Return the passphrase that a backup was made with."""
    return str(settings.BACKUP_PASSPHRASE) or _typed("Passphrase of the backup: ")


def _typed(prompt: str) -> str:
    if not sys.stdin.isatty():
        raise CannotBackUp(
            "There is no passphrase: set BACKUP_PASSPHRASE, or run this at a terminal, where it "
            "is asked for."
        )
    return getpass.getpass(prompt)
