"""Links that mute one alert for one person, without a sign-in, for as long as both exist."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

from alerts.models import Alert
from teams.models import User

SALT = "alerts.mute"


def mute_url(alert: Alert, user: User) -> str:
    """Return an absolute address: a page that asks on GET, and mutes on POST."""
    token = _signer().sign(f"{alert.pk}.{user.pk}")  # short, to stay on one line of a header
    return str(settings.BASE_URL) + reverse("mute_by_link", args=[token])


def named_by(token: str) -> tuple[Alert, User] | None:
    """Return whose alert the link mutes; None when it is forged, names what is gone, or was sent to
    somebody who is in the team no more: the names of its alerts are not theirs to see."""
    try:
        alert_pk, user_pk = _signer().unsign(token).split(".")
    except signing.BadSignature:
        return None
    alert = Alert.objects.select_related("project").filter(pk=alert_pk).first()
    if alert is None:
        return None
    user = User.objects.filter(pk=user_pk, is_active=True, teams=alert.project.team_id).first()
    return (alert, user) if user else None


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT)
