"""What the pages of an alert are about."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from alerts.models import Alert, Firing
from signals_app.models import Signal
from teams.access import SignedInRequest
from teams.models import Project


def find_alert(project: Project, uuid: UUID) -> Alert:
    """Return an alert with its signal. Raises Http404 for an alert of another project."""
    alerts = Alert.objects.of_project(project.pk).select_related(
        "signal__agent", "signal__live_version", "created_by"
    )
    alert = get_object_or_404(alerts, uuid=uuid)
    alert.project = alert.signal.project = project  # which knows what its viewer may do
    return alert


def find_firing(alert: Alert, uuid: UUID) -> Firing:
    return get_object_or_404(alert.firings.all(), uuid=uuid)


def watchable(project: Project) -> QuerySet[Signal]:
    """Return the signals that an alert can be made for."""
    signals = Signal.objects.filter(project=project).exclude(state=Signal.State.ARCHIVED)
    return signals.select_related("agent", "live_version").order_by("name")


def find_signal(project: Project, uuid: str) -> Signal:
    """Raises Http404 for one that is not of the project, or archived."""
    signal = get_object_or_404(watchable(project), uuid=uuid_of(uuid))
    signal.project = project
    return signal


def posted_signal(request: SignedInRequest, project: Project) -> Signal | None:
    """Return the signal that a form was sent for; None where it names none of the project."""
    try:
        return find_signal(project, request.POST.get("signal", ""))
    except Http404:
        return None


def uuid_of(text: str) -> UUID:
    """Read the UUID in an address's parameter. Raises Http404."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
