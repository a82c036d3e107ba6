"""The operator's place: Django's admin in the product's colours, with pages beside the models'.

Whoever is staff comes in where everybody signs in. With ADMIN_NEEDS_MFA, staff without a second
factor is sent to set one up first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from core.admin_site.model_pages import OperatorAdmin

View = Any

SECOND_FACTOR_FIRST = "The admin site wants a second factor: set one up, then come back."


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the site that is no model's; name: of its address, within `admin:`."""

    name: str
    title: str
    about: str
    path: str
    view: View
    is_listed: bool = True


class OperatorSite(AdminSite):
    site_header = "Signals · admin"
    site_title = "Signals admin"
    index_title = "Admin site"
    index_template = "admin/operator_index.html"
    empty_value_display = "–"  # noqa: RUF001

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._pages: dict[str, Page] = {}

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register a model with pages of ours.

        Packages enter every table they have, with forms: their secrets, tokens and rows of the
        queue are no operator's to edit, so what is not an OperatorAdmin stays out.
        """
        if admin_class is not None and issubclass(admin_class, OperatorAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def add_page(self, page: Page) -> None:
        """Enter a page, for the index and the addresses of the site."""
        self._pages[page.name] = page

    def get_urls(self) -> list[Any]:
        own = [
            path(page.path, self.admin_view(page.view), name=page.name)
            for page in self._pages.values()
        ]
        return own + super().get_urls()

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        pages = [
            {"title": page.title, "about": page.about, "url": reverse(f"admin:{page.name}")}
            for page in self._pages.values()
            if page.is_listed
        ]
        return super().each_context(request) | {"operator_pages": pages}

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if self.has_permission(request) and wants_second_factor(request):
                messages.warning(request, SECOND_FACTOR_FIRST)
                return redirect("mfa_index")
            answer: HttpResponse = inner(request, *args, **kwargs)
            return answer

        return guarded


def wants_second_factor(request: HttpRequest) -> bool:
    """Say whether the person must set up a second factor before coming in."""
    return settings.ADMIN_NEEDS_MFA and not is_mfa_enabled(request.user)


def operator_pages(site: AdminSite) -> OperatorSite:
    """Return Django's site as what it is here: ours, which takes pages that are no model's."""
    found: Any = site
    return cast(OperatorSite, found)
