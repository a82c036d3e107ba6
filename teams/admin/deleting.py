"""How the admin site deletes a project or a team: as the pages do."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils import timezone

from teams.deletion import deleting
from teams.models import Project, Team


class DeletedWithEverything:
    """What `teams.deletion` deletes; Django would gather a million rows to show them first."""

    def get_deleted_objects(
        self, rows: Iterable[Project | Team], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        names = [f"{row}, with its traffic, signals, labels and alerts" for row in rows]
        return names, {}, set(), []

    def delete_queryset(self, request: HttpRequest, rows: Iterable[Project | Team]) -> None:
        for row in rows:
            self.delete_model(request, row)

    def delete_model(self, request: HttpRequest, row: Project | Team) -> None:
        if isinstance(row, Team):
            deleting.delete_team(row, timezone.now())
        else:
            deleting.delete_project(row, timezone.now())
