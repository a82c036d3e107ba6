"""Addresses of pages, whole, as somebody outside needs them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse


def page(name: str, *args: Any) -> str:
    """Return the whole address of a page by the name of its route."""
    return settings.BASE_URL + reverse(name, args=args)


def whole(path: str) -> str:
    """Return the whole address of a path of this server."""
    return settings.BASE_URL + path
