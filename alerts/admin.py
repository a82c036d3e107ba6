"""Alerts, what they found, what became of it, and the workspaces that they tell."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from alerts.delivery import manual_retry
from alerts.models import Alert, Delivery, Destination, Firing, SlackConnection
from core.admin_site.model_pages import OperatorAdmin, ReadOnly, asks_first


class DestinationInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    model = Destination
    fields = ("kind", "address_name", "paused_at", "paused_reason")  # an address may be a secret
    extra = 0


@admin.register(Alert)
class AlertAdmin(ReadOnly, OperatorAdmin):
    list_display = ("name", "project", "signal", "state", "standing", "evaluated_at", "fired_at")
    list_select_related = ("project", "signal")
    list_filter = ("state", "standing", "metric")
    search_fields = ("name", "project__name", "signal__name")
    ordering = ("-pk",)
    inlines = (DestinationInline,)

    def place(self, row: Alert) -> str:
        return reverse("alert", args=[row.project.slug, row.uuid])


@admin.register(Firing)
class FiringAdmin(ReadOnly, OperatorAdmin):
    list_display = ("alert", "project", "at", "metric", "value", "baseline", "labels")
    list_select_related = ("alert", "project")
    search_fields = ("alert__name", "project__name")
    ordering = ("-pk",)

    def place(self, row: Firing) -> str:
        return reverse("alert", args=[row.project.slug, row.alert.uuid])


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, OperatorAdmin):
    list_display = ("key", "project", "kind", "state", "attempts", "available_at", "error")
    list_select_related = ("project",)
    list_filter = ("kind", "state")
    search_fields = ("=key", "=uuid")
    ordering = ("-pk",)
    exclude = ("address", "lease_token")
    actions = ("resend",)

    @admin.action(description="Send the selected ones again", permissions=["view"])
    @asks_first(
        "Send {n} again? Only what has failed is sent, from the first attempt.", does="Send again"
    )
    def resend(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        """Try messages once more that had failed."""
        again = sum(manual_retry.retry(row, timezone.now()) for row in rows)
        self.message_user(request, f"{again} wait to be sent; the others had not failed.")


@admin.register(SlackConnection)
class SlackConnectionAdmin(ReadOnly, OperatorAdmin):
    list_display = ("team", "workspace", "connected_by", "connected_at", "broken_reason")
    list_select_related = ("team", "connected_by")
    search_fields = ("team__name", "workspace")
    exclude = ("token_sealed",)

    def team_of(self, row: Any) -> int | None:
        return int(row.team_id)
