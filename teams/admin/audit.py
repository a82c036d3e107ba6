"""The audit log of the whole installation, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from core.admin_site.model_pages import OperatorAdmin, ReadOnly
from teams.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, OperatorAdmin):
    list_display = ("at", "who", "door", "address", "action", "thing", "project_name", "team_name")
    list_filter = ("door",)
    search_fields = ("=email", "=key_name", "=action", "=thing")
    ordering = ("-at",)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)
