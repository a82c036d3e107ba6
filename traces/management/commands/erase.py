"""`manage.py erase --project SLUG` and what: a user, a session, a trace, or all. It asks first."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from teams.deletion import deleting
from teams.models import Project
from traces.erasing import erasures, subjects
from traces.erasing.subjects import Kind


class Command(BaseCommand):
    help = "Erases the traffic of a user, a session or a trace, with all that was judged of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="as its address names it")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--user-id", dest=Kind.USER.value, help="user.id, as traffic says it")
        which.add_argument("--session", dest=Kind.SESSION.value, help="the session's id")
        which.add_argument("--trace", dest=Kind.TRACE.value, help="the trace id")
        which.add_argument("--all", action="store_true", help="the project itself, at once")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, project: str, yes: bool, **options: Any) -> None:
        known = Project.objects.filter(slug=project).select_related("team").first()
        if known is None:
            raise CommandError(f"There is no project {project!r}.")
        if options["all"]:
            self._erase_project(known, yes)
            return
        kind = next(each for each in Kind.values if options[each] is not None)
        try:
            subject = subjects.read(kind, options[kind])
            self._show(erasures.preview(known, subject))
            if not yes and input(f"To erase it for good, type the {kind}'s id: ") != options[kind]:
                raise CommandError("Nothing was erased.")
            erasure = erasures.begin(known, subject, None, timezone.now())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        while not erasures.go_on(timezone.now()):
            """Go on until nothing is found any more."""
        self.stdout.write(
            f"Erased. The record is {erasure.uuid}; the worker looks again in two minutes for what "
            "was on its way, then closes it. Backups that were made before still hold it."
        )

    def _erase_project(self, project: Project, yes: bool) -> None:
        """Delete a project without the day in which its deletion could be taken back."""
        question = f"To erase all of “{project.name}” for good, type {project.slug}: "
        if not yes and input(question) != project.slug:
            raise CommandError("Nothing was erased.")
        deleting.delete_project(project, timezone.now())
        while not deleting.delete_marked(timezone.now()):
            """Go on until no row is left."""
        self.stdout.write(
            "Erased. The worker looks again in two minutes for what was on its way. Backups that "
            "were made before still hold it."
        )

    def _show(self, preview: erasures.Preview) -> None:
        more = " or more" if preview.is_more else ""
        for noun, count in preview.counts.items():
            self.stdout.write(f"{count:>12,}{more} {noun}")
