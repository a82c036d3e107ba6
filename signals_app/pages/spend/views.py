"""What judging took, day by day, and the budget that bounds it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core import spreadsheet
from core.time_range.zones import known_zone
from signals_app.models import Signal
from signals_app.pages.spend import budget_shown, limits_shown, rows
from signals_app.pages.spend.forms import DAYS, SHOWS, BudgetForm, SpendForm
from signals_app.spending import budgets
from signals_app.spending.words import amount_text
from teams.access import SignedInRequest, get_project
from teams.models import Project


@require_safe
def spend(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what judging took, and how the month stands."""
    project = get_project(request, slug)
    return render(request, "signals_app/spend.html", _context(request, project))


@require_safe
def spend_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """Give the days of the page as a file: a line for each day, signal and source."""
    project, now = get_project(request, slug), timezone.now()
    form = SpendForm(request.GET)
    only = form.chosen(project)
    spent = rows.read(project, form.length, _zone(), now, only)
    known = Signal.objects.filter(project=project).in_bulk()
    lines = spreadsheet.lines(rows.csv_rows(spent.found, known))
    answer = HttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"spend-{project.slug}-{now:%Y-%m-%d}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_POST
def budget_set(request: SignedInRequest, slug: str) -> HttpResponse:
    """Give the project a budget, or another one."""
    project, now = get_project(request, slug, manage=True), timezone.now()
    form = BudgetForm(request.POST)
    budget = form.save(project, request.user, now) if form.is_valid() else None
    if budget is None:
        context = _context(request, project) | {"budget_form": form}
        return render(request, "signals_app/spend.html", context, status=422)
    said = amount_text(budget.amount, budget.unit)
    messages.success(request, f"The budget is {said} a month now.")
    return redirect("spend", project.slug)


@require_POST
def budget_remove(request: SignedInRequest, slug: str) -> HttpResponse:
    """Take the budget away."""
    project = get_project(request, slug, manage=True)
    if budgets.remove(project, request.user, timezone.now()):
        messages.success(request, "The budget is gone: sample rates are full from now on.")
    return redirect("spend", project.slug)


def _context(request: HttpRequest, project: Project) -> dict[str, Any]:
    now, zone = timezone.now(), _zone()
    form = SpendForm(request.GET)
    only = form.chosen(project)
    spent = rows.read(project, form.length, zone, now, only)
    measure = rows.measure_of(spent, form.measure)
    month = budget_shown.read(project, now)
    return {
        "project": project,
        "spent": spent,
        "only": only,
        "measure": measure,
        "measures": SHOWS,
        "lengths": DAYS,
        "length": str(form.length),
        "figure": rows.figure(spent, measure, zone, now) if spent.signals else None,
        "month": month,
        "limits": limits_shown.of_project(project, now),
        "lowered": budget_shown.lowered_now(project, now),
        "budget_form": BudgetForm.of(month.standing.budget if month.standing else None),
        "unpriced": spent.total.asked - spent.total.priced,
    }


def _zone() -> ZoneInfo:
    return known_zone(timezone.get_current_timezone_name()) or ZoneInfo("UTC")
