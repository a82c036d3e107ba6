"""What runs: the processes' signs of life, the queue, and what waits, for the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_q.models import Failure, OrmQ, Schedule

from alerts.models import Delivery
from core.admin_site.model_pages import MOST_COUNTED, OperatorAdmin, ReadOnly
from core.admin_site.site import Page, operator_pages
from core.models import Heartbeat, Lease
from runner.health import checks
from runner.health.watching import Latest
from signals_app.models import JudgeJob

#: How long the page waits for the checks, which a thread of their own asks.
CHECKS_S = 3.0
_checks = Latest(checks.all_of)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits somewhere. count: at most MOST_COUNTED are counted. oldest: its moment."""

    name: str
    count: int
    oldest: datetime | None


@admin.register(Failure)
class FailedTaskAdmin(ReadOnly, OperatorAdmin):
    """Tasks of the queue that came to an error; what they were called with is nobody's business."""

    list_display = ("func", "cluster", "started", "stopped", "attempt_count", "error")
    search_fields = ("func",)
    fields = readonly_fields = ("func", "cluster", "started", "stopped", "attempt_count", "result")
    ordering = ("-started",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(success=False)

    @admin.display(description="error")
    def error(self, row: Any) -> str:
        return str(row.result).partition(" : ")[0][:120]


@require_safe
def what_runs(request: HttpRequest) -> HttpResponse:
    """Show it as it is at this moment."""
    if not request.user.is_superuser:
        raise PermissionDenied("Only superusers see what runs.")
    site, now = admin.site, timezone.now()
    context = site.each_context(request) | {
        "title": "What runs",
        "checks": _checks.look(CHECKS_S) or checks.without_database("It did not answer."),
        "heartbeats": Heartbeat.objects.order_by("name"),
        "leases": Lease.objects.order_by("name"),
        "waiting": waiting(now),
        "schedules": Schedule.objects.order_by("next_run", "name"),
        "now": now,
        "most_counted": MOST_COUNTED,
    }
    return TemplateResponse(request, "admin/what_runs.html", context)


def waiting(now: datetime) -> list[Waiting]:
    """Return what waits for the worker: tasks by cluster, questions to judges, messages."""
    taken = Count("pk", filter=Q(lock__gt=now))
    tasks = OrmQ.objects.values("key").annotate(n=Count("pk"), taken=taken, oldest=Min("lock"))
    rows = [
        Waiting(f"Tasks of the cluster {row['key']}, {row['taken']} of them taken", row["n"],
                row["oldest"])
        for row in tasks.order_by("key")
    ]  # fmt: skip
    jobs = JudgeJob.objects.order_by()
    due = Delivery.objects.due(now)
    first: Any = due.values_list("available_at", flat=True).first()
    return [
        *rows,
        Waiting("Targets to be judged", jobs[:MOST_COUNTED].count(), None),
        Waiting("Messages that are due", due[:MOST_COUNTED].count(), first),
    ]


operator_pages(admin.site).add_page(
    Page(
        name="what_runs",
        title="What runs",
        about="Whether the program can do its work, signs of life, the queue, what waits.",
        path="what-runs/",
        view=what_runs,
    )
)
