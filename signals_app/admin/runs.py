"""Manual runs: how far they are, and the way to stop one."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core.admin_site.model_pages import OperatorAdmin, ReadOnly, asks_first
from signals_app.models import Run
from signals_app.runs import runs
from signals_app.runs.runs import CannotRun


@admin.register(Run)
class RunAdmin(ReadOnly, OperatorAdmin):
    list_display = (
        "uuid", "project", "signal", "state", "matched", "queued", "expected", "created_by",
        "created_at", "finished_at",
    )  # fmt: skip
    list_select_related = ("project", "signal", "created_by")
    list_filter = ("state",)
    search_fields = ("=uuid", "signal__name", "project__name")
    ordering = ("-pk",)
    actions = ("cancel",)

    def place(self, row: Run) -> str:
        return reverse("signal_runs", args=[row.project.slug, row.signal.uuid])

    @admin.action(description="Cancel the selected runs", permissions=["view"])
    @asks_first(
        "Cancel {n}? What is judged stays, what waits is dropped.",
        does="Cancel the runs",
        is_destructive=True,
    )
    def cancel(self, request: HttpRequest, rows: QuerySet[Run]) -> None:
        """Stop runs, as their page does."""
        for run in rows.select_related("signal"):
            try:
                dropped = runs.cancel(run, timezone.now())
            except CannotRun as error:
                self.message_user(request, f"{run.uuid}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{run.uuid} is cancelled; {dropped} waited.")
