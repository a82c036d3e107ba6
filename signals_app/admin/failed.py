"""What a judge failed at or refused, over all projects, and the way to have it judged again.

Classifications have composite keys, which Django's own lists do not take.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from core.admin_site.site import Page, operator_pages
from signals_app.models import Classification, Signal
from signals_app.queue.judging_again import CannotJudge, judge_again

ROWS = 50
#: Judged again by one click.
MOST = 200


@dataclass(frozen=True, slots=True)
class FailedRow:
    """One target without a label; `key` names its classification in a form."""

    key: str
    at: Any
    project: str
    signal: str
    outcome: str
    reason: str
    judge: str
    attempts: int


@require_safe
def failed(request: HttpRequest) -> HttpResponse:
    """Show the newest of them, in pages by id."""
    _check(request)
    rows = Classification.objects.filter(is_current=True, outcome__in=("failed", "refused"))
    older = request.GET.get("older", "")
    if older.isdigit() and len(older) < 19:
        rows = rows.filter(id__lt=int(older))
    found = list(rows.order_by("-id").defer("explanation")[: ROWS + 1])
    context = operator_pages(admin.site).each_context(request) | {
        "title": "Failed classifications",
        "rows": _rows(found[:ROWS]),
        "older": found[ROWS - 1].id if len(found) > ROWS else None,
        "most": MOST,
    }
    return TemplateResponse(request, "admin/failed.html", context)


@require_POST
def judge_failed_again(request: HttpRequest) -> HttpResponse:
    """Ask whether the chosen ones shall be judged again, and then queue them."""
    _check(request)
    keys = request.POST.getlist("key")[:MOST]
    rows = list(_chosen(keys))
    if not rows:
        messages.error(request, "Choose at least one.")
        return redirect("admin:failed")
    if "sure" not in request.POST:
        context = operator_pages(admin.site).each_context(request) | {
            "title": "Judge again",
            "question": f"Judge {len(rows)} again? Each is one more question to a judge.",
            "does": "Judge again",
            "rows": [f"{row.signal}: {row.reason or row.outcome}" for row in _rows(rows)[:20]],
            "has_more": len(rows) > 20,
            "hidden": [("sure", "yes"), *(("key", _key(row)) for row in rows)],
            "back": reverse("admin:failed"),
            "post_to": reverse("admin:judge_failed_again"),
        }
        return TemplateResponse(request, "admin/ask_first.html", context)
    _judge_again(request, rows)
    return redirect("admin:failed")


def _judge_again(request: HttpRequest, rows: list[Classification]) -> None:
    signals = Signal.objects.select_related("project").in_bulk({row.signal_id for row in rows})
    queued, why = 0, ""
    for row in rows:
        try:
            judge_again(signals[row.signal_id], row.target, row.span_id, timezone.now())
            queued += 1
        except (CannotJudge, KeyError) as error:
            why = str(error) if isinstance(error, CannotJudge) else "The signal is gone."
    messages.success(request, f"{queued} of {len(rows)} wait to be judged.")
    if why:
        messages.warning(request, f"The others do not: {why}")


def _rows(found: Iterable[Classification]) -> list[FailedRow]:
    rows = list(found)
    signals = Signal.objects.select_related("project").in_bulk({row.signal_id for row in rows})
    shown = []
    for row in rows:
        signal = signals.get(row.signal_id)
        shown.append(
            FailedRow(
                key=_key(row),
                at=row.created_at,
                project=signal.project.name if signal else "",
                signal=signal.name if signal else "",
                outcome=row.outcome_name,
                reason=row.reason,
                judge=row.judge_model,
                attempts=row.attempts,
            )
        )
    return shown


def _key(row: Classification) -> str:
    return f"{row.project_id}-{row.id}"


def _chosen(keys: Iterable[str]) -> Iterable[Classification]:
    pairs = [key.partition("-")[::2] for key in keys]
    wanted = [
        (int(project), int(pk))
        for project, pk in pairs
        if project.isdigit() and pk.isdigit() and max(len(project), len(pk)) < 19
    ]
    return Classification.objects.filter(pk__in=wanted).order_by("-id") if wanted else ()


def _check(request: HttpRequest) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied("Only superusers see what judges failed at.")


operator_pages(admin.site).add_page(
    Page(
        name="failed",
        title="Failed classifications",
        about="What a judge failed at or refused, with why; judged again from here.",
        path="failed/",
        view=failed,
    )
)
operator_pages(admin.site).add_page(
    Page("judge_failed_again", "Judge again", "", "failed/again/", judge_failed_again, False)
)
