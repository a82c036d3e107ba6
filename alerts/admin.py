"""Django's admin for staff: alerts, what they found and what became of it, to look at."""

from __future__ import annotations

from django.contrib import admin

from alerts.models import Alert, Delivery, Destination, Firing
from signals_app.admin import ReadOnly


class DestinationInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Destination
    fields = ("kind", "address_name", "paused_at", "paused_reason")  # an address may be a secret
    extra = 0


@admin.register(Alert)
class AlertAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "project", "signal", "state", "standing", "evaluated_at", "fired_at")
    list_select_related = ("project", "signal")
    list_filter = ("state", "standing", "metric")
    search_fields = ("name", "project__name", "signal__name")
    inlines = (DestinationInline,)


@admin.register(Firing)
class FiringAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("alert", "project", "at", "metric", "value", "baseline", "labels")
    list_select_related = ("alert", "project")
    search_fields = ("alert__name", "project__name")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("key", "project", "kind", "state", "attempts", "available_at", "error")
    list_select_related = ("project",)
    list_filter = ("kind", "state")
    exclude = ("address", "lease_token")
