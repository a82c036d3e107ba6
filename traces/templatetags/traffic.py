"""Filters for text that came in with traffic."""

from __future__ import annotations

from typing import Any

from django import template

from traces import visible_text as unseen

register = template.Library()


RANGES = {"1h": "hour", "6h": "6 hours", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}


@register.filter
def in_words(range_name: str) -> str:
    """Return the name of a preset range, to stand after "the last"."""
    return RANGES.get(range_name, range_name)


@register.filter
def visible(text: Any) -> str:
    """Writing-direction and control characters written out; still to be escaped."""
    return "" if text is None else unseen.visible(str(text))
