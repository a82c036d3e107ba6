"""The judges that projects bring, and what is known of each, to look at: their keys are sealed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from core.admin_site.model_pages import OperatorAdmin, ReadOnly
from signals_app.models import JudgeEndpoint, JudgeState


@admin.register(JudgeEndpoint)
class JudgeEndpointAdmin(ReadOnly, OperatorAdmin):
    list_display = (
        "name", "project", "model", "base_url", "has_key", "is_default", "concurrency",
        "archived_at",
    )  # fmt: skip
    list_select_related = ("project",)
    search_fields = ("name", "model", "base_url", "project__name")
    ordering = ("-pk",)
    exclude = ("sealed_key",)


@admin.register(JudgeState)
class JudgeStateAdmin(ReadOnly, OperatorAdmin):
    """Of each server and model: whether it rests, and what it said last."""

    list_display = (
        "model", "base_url", "endpoint", "lanes", "paused_until", "last_success_at",
        "last_error_at", "error",
    )  # fmt: skip
    list_select_related = ("endpoint",)
    search_fields = ("model", "base_url")

    @admin.display(description="last error")
    def error(self, row: Any) -> str:
        return str(row.last_error)[:120]
