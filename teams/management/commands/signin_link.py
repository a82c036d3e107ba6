"""Prints a link that signs a person in once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from teams.models import User
from teams.signin import links


class Command(BaseCommand):
    help = "Prints a link that signs a person in once, within 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address that the person signs in with")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(links.issue(person(options["email"]), timezone.now()))


def person(email: str) -> User:
    """Return whose address that is. Raises CommandError."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise CommandError(f"Nobody signs in with {email}.")
    return user
