"""A member's daily overview of a project: when, where, what it looks like, and off again.

It is theirs, not the project's: whoever may look at a project may have it, viewers too.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alerts.delivery.failures import Permanent, Retryable
from alerts.models import OverviewSubscription
from alerts.overview import sample, subscribing
from alerts.pages.overview import rows as page
from alerts.pages.overview.forms import SubscriptionForm
from core.ui import wording
from teams.access import SignedInRequest, get_project
from teams.models import Project


@require_safe
def overview(request: SignedInRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    form = page.form(request, project, None)
    return _page(request, project, form)


@require_POST
def overview_save(request: SignedInRequest, slug: str) -> HttpResponse:
    """Turns it on, or changes it."""
    project, now = get_project(request, slug), timezone.now()
    form = page.form(request, project, request.POST)
    if not form.is_valid():
        return _page(request, project, form, status=422)
    if zone := form.cleaned_data.get("time_zone"):
        request.user.time_zone = zone
        request.user.save(update_fields=["time_zone"])
    subscription = subscribing.subscribe(project, request.user, now=now, **form.wanted)
    at = page.next_at(subscription, request.user, now)
    messages.success(request, f"Saved. The next overview comes {wording.exact(at)}.")
    return redirect("overview", slug)


@require_POST
def overview_stop(request: SignedInRequest, slug: str) -> HttpResponse:
    project, subscription = _own(request, slug)
    if subscription is not None and subscription.is_on:
        subscribing.stop(subscription, timezone.now())
        messages.success(request, f"You get no more overviews of {project.name}.")
    return redirect("overview", slug)


@require_POST
def overview_test(request: SignedInRequest, slug: str) -> HttpResponse:
    """Sends one now, and waits for the outcome: a person who tries wants to know."""
    project, subscription = _own(request, slug)
    subscription = subscription or OverviewSubscription(project=project, user=request.user)
    try:
        where = sample.send(subscription, timezone.now())
    except (Permanent, Retryable) as error:
        messages.error(request, f"The test was not sent. {error}")
    else:
        messages.success(request, f"A test is on its way to {where}.")
    return redirect("overview", slug)


def _own(request: SignedInRequest, slug: str) -> tuple[Project, OverviewSubscription | None]:
    project = get_project(request, slug)
    return project, OverviewSubscription.objects.of(project, request.user)


def _page(
    request: SignedInRequest, project: Project, form: SubscriptionForm, status: int = 200
) -> HttpResponse:
    context = page.context(project, request.user, form, timezone.now())
    return render(request, "alerts/overview/overview.html", context, status=status)
