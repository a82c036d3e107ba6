"""The way from an alert's page to the same alert as code (alerts/extensions.py)."""

from __future__ import annotations

from django.urls import reverse

from alerts import extensions
from alerts.models import Alert
from core.ui.page_links import PageLink


def as_code(slug: str, alert: Alert) -> PageLink:
    return PageLink("as code", reverse("alert_code", args=[slug, alert.uuid]))


extensions.page_links.register("code", as_code)
