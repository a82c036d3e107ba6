"""Confirms an address, where no mail can."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams.signin import addresses


class Command(BaseCommand):
    help = (
        "Confirms an address by your word, also one that somebody asks to change to: alerts go "
        "there, and its person can sign in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = addresses.confirm(options["email"])
        except addresses.CannotConfirm as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{user.email} is confirmed.")
