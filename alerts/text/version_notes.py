"""Whether another version of the signal began inside what an alert looked at, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from alerts.models import Alert
from alerts.text.wording import version_note
from signals_app.models import SignalVersion


def of(alerts: Sequence[Alert], at: datetime) -> dict[int, str]:
    """Return notes by alert; those without a note are left out. One query."""
    if not alerts:
        return {}
    reach = max(alert.rule.reach for alert in alerts)
    began: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    versions = SignalVersion.objects.filter(
        signal__in={alert.signal_id for alert in alerts},
        number__gt=1,  # the first one is not a change
        created_at__gt=at - reach,
        created_at__lt=at,
    ).order_by("number")
    for signal_id, number, moment in versions.values_list("signal_id", "number", "created_at"):
        began[signal_id].append((number, moment))
    notes = {alert.pk: version_note(alert.rule, at, began[alert.signal_id]) for alert in alerts}
    return {pk: note for pk, note in notes.items() if note}
