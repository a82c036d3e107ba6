#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from core import acting
from runner import loading

loading.begin()  # until the command is loaded

from django.core.management import ManagementUtility  # noqa: E402
from django.core.management.base import BaseCommand  # noqa: E402


class CommandLine(ManagementUtility):
    """Django's, which looks for garbage only from the moment at which everything is loaded."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """Load the command, after all apps."""
        command = super().fetch_command(subcommand)
        loading.end()
        return command


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    acting.be(acting.Door.COMMAND, " ".join(sys.argv[1:2]))
    CommandLine(sys.argv).execute()
