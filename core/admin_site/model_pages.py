"""What all lists and forms of the admin site share: quick over a million rows, asked before they
do something, one step from the page in the product."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import capfirst

Row = TypeVar("Row", bound=Model)
Act = Callable[[Any, HttpRequest, QuerySet[Any]], None]

#: A list counts so far and no further, and nobody turns so many pages: the search finds.
MOST_COUNTED = 10_000
#: Rows named on the page that asks.
MOST_NAMED = 20


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no more rows than anybody looks through, whatever the table holds."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST_COUNTED].count())


class InTeams(Protocol):
    """A person, as far as the admin site must know which teams they are in."""

    memberships: Any


class OperatorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A model's pages. `place` says where a row is in the product."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count the whole table
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 50
    view_on_site = False

    def place(self, row: Any) -> str:
        """Return the address of a row's page in the product, "" where it has none."""
        return ""

    def team_of(self, row: Any) -> int | None:
        """Return whose page that is: a link leads strangers nowhere."""
        project = row if hasattr(row, "session_idle_s") else getattr(row, "project", None)
        return project.team_id if project is not None else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, under the name of what it lists."""
        titled = {"title": capfirst(self.model._meta.verbose_name_plural)}
        answer: HttpResponse = super().changelist_view(request, titled | (extra_context or {}))
        return answer

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        teams: set[int] = set(request.user.memberships.values_list("team_id", flat=True))  # type: ignore[union-attr]

        @admin.display(description="In the product")
        def in_the_product(row: Any) -> str:
            where = self.place(row) if self.team_of(row) in teams else ""
            return format_html('<a href="{}">Open</a>', where) if where else ""

        shown = [*super().get_list_display(request)]
        has_place = type(self).place is not OperatorAdmin.place
        return [*shown, in_the_product] if has_place else shown


class ReadOnly:
    """What is made and changed by verbs alone, whose rules a form would not keep."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def asks_first(question: str, *, does: str, is_destructive: bool = False) -> Callable[[Act], Act]:
    """Show what is selected before an action does something. question: with {n} for how many; does:
    what the button says."""

    def decorate(act: Act) -> Act:
        @wraps(act)
        def asked(self: Any, request: HttpRequest, rows: QuerySet[Any]) -> Any:
            if "sure" in request.POST:
                return act(self, request, rows)
            chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
            named = list(rows[: MOST_NAMED + 1])
            context = self.admin_site.each_context(request) | {
                "title": does,
                "question": question.format(n=len(chosen)),
                "does": does,
                "is_destructive": is_destructive,
                "rows": named[:MOST_NAMED],
                "has_more": len(named) > MOST_NAMED,
                "hidden": [("action", act.__name__), ("sure", "yes"), ("select_across", "0")]
                + [(ACTION_CHECKBOX_NAME, each) for each in chosen],
                "opts": self.model._meta,
                "back": request.get_full_path(),
            }
            return TemplateResponse(request, "admin/ask_first.html", context)

        return asked

    return decorate
