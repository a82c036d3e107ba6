"""Django's admin for staff. The big tables have pages of their own (traces/pages)."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from core.admin_site.model_pages import OperatorAdmin
from traces.models import Agent


@admin.register(Agent)
class AgentAdmin(OperatorAdmin):
    """Agents come from traffic: here they may be renamed, neither made nor deleted."""

    fieldsets = (
        (
            None,
            {
                "fields": ("name", "identity", "project", "uuid", "first_seen_at", "last_seen_at"),
                "description": "An agent cannot be deleted: its traces would be left without "
                "one, and its next span would make it again. Merge it into another agent on its "
                "page, or delete the whole project.",
            },
        ),
    )

    list_display = ("name", "identity", "project", "first_seen_at", "last_seen_at")
    list_select_related = ("project",)
    search_fields = ("name", "identity", "project__name")
    readonly_fields = ("uuid", "project", "identity", "first_seen_at", "last_seen_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        return False
