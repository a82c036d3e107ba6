"""The link that stops an overview without signing in."""

from __future__ import annotations

from django.conf import settings
from django.core import signing
from django.urls import reverse

from alerts.models import OverviewSubscription

SALT = "alerts.overview.unsubscribe"


def url_of(subscription: OverviewSubscription) -> str:
    """Absolute; it never runs out, for an old e-mail must be able to stop the next one."""
    token = signing.Signer(salt=SALT).sign(subscription.uuid.hex)
    return str(settings.BASE_URL) + reverse("overview_unsubscribe", args=[token])


def subscription_of(token: str) -> OverviewSubscription | None:
    """Return the subscription of a link; None when forged, or when it is gone with its project or
    person."""
    try:
        uuid = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None
    overview_subscriptions = OverviewSubscription.objects.filter(uuid=uuid).select_related(
        "project", "user"
    )
    return overview_subscriptions.first()
