"""What is known of the backups that are made by themselves: when the last one was good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.models import Backup

#: A backup may take some time, and be tried again, before anybody is told that it is late.
LEAST_GRACE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class BackupState:
    """good_at: when the last good one began. trouble: why the last one failed, or "".
    began_at: when the oldest attempt since the last good one began; None without any."""

    good_at: datetime | None
    trouble: str
    began_at: datetime | None

    def is_late(self, now: datetime, every_h: int) -> bool:
        """Say whether one is missing that should be there by now."""
        waited_since = self.good_at or self.began_at
        grace = max(LEAST_GRACE, timedelta(hours=every_h) / 4)
        return waited_since is not None and now - waited_since > timedelta(hours=every_h) + grace


def known() -> BackupState:
    """Read what became of the last backups."""
    good = Backup.objects.filter(trouble="").exclude(finished_at=None).order_by("-pk").first()
    since = Backup.objects.filter(pk__gt=good.pk if good else 0).order_by("pk")
    done = since.exclude(finished_at=None).last()
    first = since.first()
    return BackupState(
        good_at=good.started_at if good else None,
        trouble=done.trouble if done else "",
        began_at=first.started_at if first else None,
    )
