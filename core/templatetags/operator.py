"""The way from a page of the product to the same thing on the admin site, for staff."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Model
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

register = template.Library()


@register.simple_tag(takes_context=True)
def admin_link(context: Context, row: Model) -> str:
    """Return a small link to a row on the admin site; nothing for who is no staff."""
    user: Any = context.get("user")
    if not getattr(user, "is_staff", False):
        return ""
    options = row._meta
    try:
        address = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""
    return format_html('<a class="small admin-link" href="{}">Open in admin</a>', address)
