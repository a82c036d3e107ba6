"""Signals and their versions, to look at: states and versions have rules that no form keeps."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse

from core.admin_site.model_pages import OperatorAdmin, ReadOnly
from signals_app.models import Signal, SignalVersion


class SignalVersionInline(ReadOnly, admin.StackedInline):  # type: ignore[type-arg]
    model = SignalVersion
    extra = 0


@admin.register(Signal)
class SignalAdmin(ReadOnly, OperatorAdmin):
    list_display = ("name", "project", "agent", "scope", "state", "live_version", "created_at")
    list_select_related = ("project", "agent", "live_version__signal")
    list_filter = ("state", "scope")
    search_fields = ("name", "project__name", "agent__name")
    ordering = ("-pk",)
    inlines = (SignalVersionInline,)

    def place(self, row: Signal) -> str:
        return reverse("signal", args=[row.project.slug, row.uuid])


@admin.register(SignalVersion)
class SignalVersionAdmin(ReadOnly, OperatorAdmin):
    list_display = ("signal", "number", "type", "sample_rate", "judge_model", "created_at")
    list_select_related = ("signal",)
    search_fields = ("signal__name",)
    ordering = ("-pk",)
