"""Django's admin for staff: signals and their versions, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from signals_app.models import Signal, SignalVersion


class ReadOnly:
    """States and versions have rules that an admin form would not keep."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SignalVersionInline(ReadOnly, admin.StackedInline):  # type: ignore[type-arg]
    model = SignalVersion
    extra = 0


@admin.register(Signal)
class SignalAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "project", "agent", "scope", "state", "live_version", "created_at")
    list_select_related = ("project", "agent", "live_version__signal")
    list_filter = ("state", "scope")
    search_fields = ("name", "project__name", "agent__name")
    inlines = (SignalVersionInline,)


@admin.register(SignalVersion)
class SignalVersionAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("signal", "number", "type", "sample_rate", "judge_model", "created_at")
    list_select_related = ("signal",)
    search_fields = ("signal__name",)
