"""The addresses of the pages about members, with a project or without one."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def place_url(context: template.Context, name: str, *args: Any) -> str:
    """Return the address of a page about members beside the one that is open."""
    address: str = context["place"].url(name, *args)
    return address
