"""One person's choice not to get an alert's e-mail: theirs alone, whatever their role."""

from __future__ import annotations

from django.db import transaction

from alerts import auditing
from alerts.models import Alert, AlertMute
from teams import audit
from teams.models import User


@transaction.atomic
def mute(alert: Alert, user: User) -> None:
    """Send this person no e-mail of the alert any more; a second time changes nothing."""
    _mute, is_new = AlertMute.objects.get_or_create(alert=alert, user=user)
    if is_new:
        audit.record("alert.muted", **auditing.about(alert), after={"for": user.email})


@transaction.atomic
def unmute(alert: Alert, user: User) -> None:
    """Send this person the alert's e-mail again."""
    if AlertMute.objects.filter(alert=alert, user=user).delete()[0]:
        audit.record("alert.unmuted", **auditing.about(alert), before={"for": user.email})


def is_muted(alert: Alert, user: User) -> bool:
    return AlertMute.objects.filter(alert=alert, user=user).exists()
