"""The way from a signal's page to the same signal as code (signals_app/extensions.py)."""

from __future__ import annotations

from django.urls import reverse

from core.ui.page_links import PageLink
from signals_app import extensions
from signals_app.models import Signal


def as_code(slug: str, signal: Signal) -> PageLink:
    return PageLink("as code", reverse("signal_code", args=[slug, signal.uuid]))


extensions.page_links.register("code", as_code)
