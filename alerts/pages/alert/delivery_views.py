"""What a person does about messages: try one again, end a channel's pause, make a secret."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from alerts.delivery import manual_retry, webhook
from alerts.delivery.failures import Permanent, Retryable
from alerts.models import Alert, Delivery, Destination, Kind
from teams.access import get_project
from teams.models import Project


@require_POST
def delivery_retry(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Try one message that failed again."""
    project = get_project(request, slug, write=True)
    firings = Delivery.objects.of_project(project.pk).filter(firing__isnull=False)
    delivery = get_object_or_404(firings.select_related("firing__alert"), uuid=uuid)
    if manual_retry.retry(delivery, timezone.now()):
        messages.success(request, "The message is being sent again.")
    else:
        messages.error(request, "This message has not failed, so there is nothing to send again.")
    assert delivery.firing is not None
    return redirect("alert", project.slug, delivery.firing.alert.uuid)


@require_POST
def channel_resume(request: HttpRequest, slug: str, uuid: UUID, kind: str) -> HttpResponse:
    """Take a channel's pause back; the newest message that failed there is sent at once."""
    project = get_project(request, slug, write=True)
    destination = _channel(project, uuid, kind)
    if manual_retry.resume(destination, timezone.now()):
        messages.success(request, f"{destination.get_kind_display()} is on again for this alert.")
    else:
        messages.error(request, f"{destination.get_kind_display()} was not paused.")
    return redirect("alert", project.slug, destination.alert.uuid)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_secret(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Make a secret. The answer to POST is the only page that ever shows it, so it is not
    redirected."""
    project = get_project(request, slug, write=True)
    destination = _channel(project, uuid, Kind.WEBHOOK)
    context: dict[str, Any] = {
        "project": project,
        "alert": destination.alert,
        "destination": destination,
        "is_first": destination.secret_sealed is None,
    }
    if request.method == "POST":
        context["secret"] = webhook.new_secret(destination, timezone.now())
    return render(request, "alerts/webhook_secret.html", context)


@require_POST
def webhook_test(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Send a signed message without a firing, while the person waits."""
    project, now = get_project(request, slug, write=True), timezone.now()
    destination = _channel(project, uuid, Kind.WEBHOOK)
    try:
        webhook.send_test(destination, now)
    except (Retryable, Permanent) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The webhook's receiver has taken the test message.")
    return redirect("alert", project.slug, uuid)


def _channel(project: Project, alert: UUID, kind: str) -> Destination:
    alerts = Alert.objects.of_project(project.pk).filter(uuid=alert)
    destinations = Destination.objects.filter(alert__in=alerts, kind=kind).select_related("alert")
    return get_object_or_404(destinations)
