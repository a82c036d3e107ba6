"""Turning one's overview on, changing it, turning it off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from alerts.models import Delivery, Kind, OverviewSubscription
from teams import audit
from teams.models import Project, User

STOPPED = "The overview was turned off before this was sent."


@transaction.atomic
def subscribe(
    project: Project,
    user: User,
    *,
    hour: int,
    kind: str,
    address: str,
    address_name: str,
    now: datetime,
) -> OverviewSubscription:
    """Turned on anew it begins with the next time that its hour comes; a change keeps the
    beginning, so that a day whose hour is moved ahead of `now` still has its overview."""
    wanted = {"hour": hour, "kind": kind, "address": address, "address_name": address_name}
    if kind == Kind.EMAIL:
        wanted |= {"address": "", "address_name": ""}
    subscription, is_new = OverviewSubscription.objects.select_for_update().get_or_create(
        project=project, user=user, defaults=wanted
    )
    if is_new or not subscription.is_on:
        wanted["created_at"] = now
    before = _told(subscription) if subscription.is_on and not is_new else {}
    for name, value in (wanted | {"is_on": True}).items():
        setattr(subscription, name, value)
    subscription.save()
    after = _told(subscription)
    audit.record("overview.subscribed", **_about(subscription), before=before, after=after)
    return subscription


@transaction.atomic
def stop(subscription: OverviewSubscription, now: datetime) -> None:
    """End the subscription; what is owed and not being sent yet is dropped with it."""
    OverviewSubscription.objects.filter(pk=subscription.pk).update(is_on=False, changed_at=now)
    audit.record("overview.stopped", **_about(subscription), before=_told(subscription))
    waiting = Delivery.objects.filter(
        overview__subscription=subscription.pk, state=Delivery.State.WAITING
    )
    waiting.update(state=Delivery.State.DROPPED, finished_at=now, error=STOPPED)


def _about(subscription: OverviewSubscription) -> dict[str, Any]:
    return {
        "kind": "overview",
        "thing": f"Daily overview for {subscription.user.email}",
        "project": subscription.project_id,
    }


def _told(subscription: OverviewSubscription) -> dict[str, Any]:
    where = subscription.address_name or subscription.address
    return {"hour": subscription.hour, "kind": str(subscription.kind), "channel": where}
