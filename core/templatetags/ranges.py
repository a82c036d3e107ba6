"""Links that keep the time range of the page they stand on."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from core.time_range import links as ranges

register = template.Library()


@register.simple_tag(takes_context=True)
def in_range(context: template.Context, url: str, **more: Any) -> str:
    """Keep the range in an address that is known: `{% in_range row.url status='error' %}`."""
    return ranges.in_range(url, context["request"].GET, **more)


@register.simple_tag(takes_context=True)
def url_in_range(context: template.Context, name: str, *args: Any) -> str:
    """Keep the range in the address of a name: `{% url_in_range 'agent' slug uuid %}`."""
    return ranges.in_range(reverse(name, args=args), context["request"].GET)
