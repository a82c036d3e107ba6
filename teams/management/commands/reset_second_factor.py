"""Takes the second factors from a person who has lost them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from teams.management.commands.signin_link import person
from teams.signin import second_factors


class Command(BaseCommand):
    help = "Removes the passkeys, the codes app and the recovery codes of a person who lost them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address that the person signs in with")

    def handle(self, *args: Any, **options: Any) -> None:
        user = person(options["email"])
        gone = second_factors.remove_all(user)
        self.stdout.write(f"{gone} removed. {user.email} signs in with the password alone now.")
