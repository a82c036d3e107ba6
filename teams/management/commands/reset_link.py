"""Prints a link at which a person chooses a new password."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from teams.management.commands.signin_link import person
from teams.signin import links


class Command(BaseCommand):
    help = "Prints a link at which a person chooses a new password, once, within three days."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address that the person signs in with")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(links.reset_url(person(options["email"])))
