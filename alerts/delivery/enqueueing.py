"""Who is owed a message about a firing: written in the transaction that wrote the firing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from alerts.models import Alert, AlertMute, Delivery, Destination, Firing, Kind
from core.background.queue import enqueue
from teams.models import Membership

DELIVER = "alerts.tasks.deliver"


def owe(firings: Sequence[Firing], now: datetime) -> int:
    """Add a row for each e-mail to a member who has not muted the alert, one for its Slack channel
    and one for its webhook; none for a channel that is paused. Return how many are new: owed twice
    is owed once."""
    alerts = {firing.alert_id for firing in firings}
    told = destinations(alerts)
    readers = readers_of(a for a in alerts if any(d.kind == Kind.EMAIL for d in told[a]))
    rows = [
        row
        for firing in firings
        for destination in told[firing.alert_id]
        for row in _rows(firing, destination, readers[firing.alert_id], now)
    ]
    return insert(rows)


def insert(rows: Sequence[Delivery]) -> int:
    """Add the deliveries whose key is new; a worker is told in the same transaction."""
    by_key = {row.key: row for row in rows}
    known = set(Delivery.objects.filter(key__in=by_key).values_list("key", flat=True))
    new = [row for key, row in by_key.items() if key not in known]
    if new:
        Delivery.objects.bulk_create(new, ignore_conflicts=True)
        enqueue(DELIVER)
    return len(new)


def destinations(alerts: Iterable[int]) -> dict[int, list[Destination]]:
    """Return by alert the destinations that are not paused."""
    by_alert: dict[int, list[Destination]] = defaultdict(list)
    for each in Destination.objects.filter(alert__in=alerts, paused_at=None).order_by("kind"):
        by_alert[each.alert_id].append(each)
    return by_alert


def readers_of(alerts: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    """Return by alert the id and e-mail address of each member of its team who has not muted it."""
    wanted = list(alerts)
    team_of = dict(Alert.objects.filter(pk__in=wanted).values_list("pk", "project__team"))
    muted = set(AlertMute.objects.filter(alert__in=wanted).values_list("alert", "user"))
    members: dict[int, list[tuple[int, str]]] = defaultdict(list)
    rows = Membership.objects.filter(team__in=set(team_of.values()), user__is_active=True)
    for team, user, address in rows.values_list("team", "user", "user__email").order_by("user"):
        members[team].append((user, address))
    by_alert: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for alert, team in team_of.items():
        by_alert[alert] = [member for member in members[team] if (alert, member[0]) not in muted]
    return by_alert


def _rows(
    firing: Firing, destination: Destination, readers: list[tuple[int, str]], now: datetime
) -> Iterator[Delivery]:
    key = f"firing:{firing.pk}:{destination.kind}"
    common = {
        "project_id": firing.project_id,
        "firing": firing,
        "kind": destination.kind,
        "created_at": now,
        "available_at": now,
    }
    if destination.kind == Kind.EMAIL:
        for user, address in readers:
            yield Delivery(**common, user_id=user, address=address, key=f"{key}:{user}")
    else:
        name = destination.address_name
        yield Delivery(**common, address=destination.address, address_name=name, key=key)
