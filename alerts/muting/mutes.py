"""One person's choice not to get an alert's e-mail: hers alone, whatever her role."""

from __future__ import annotations

from alerts.models import Alert, AlertMute
from teams.models import User


def mute(alert: Alert, user: User) -> None:
    """Send this person no e-mail of the alert any more; a second time changes nothing."""
    AlertMute.objects.get_or_create(alert=alert, user=user)


def unmute(alert: Alert, user: User) -> None:
    """Send this person the alert's e-mail again."""
    AlertMute.objects.filter(alert=alert, user=user).delete()


def is_muted(alert: Alert, user: User) -> bool:
    return AlertMute.objects.filter(alert=alert, user=user).exists()
