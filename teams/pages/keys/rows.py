"""The keys of a project as the settings page lists them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from teams.models import ApiKey


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key and what has become of it."""

    key: ApiKey
    is_revoked: bool
    is_expired: bool

    @property
    def is_over(self) -> bool:
        return self.is_revoked or self.is_expired


def rows_of(keys: Iterable[ApiKey], now: datetime) -> list[KeyRow]:
    """Return a row for each key, those that still open the project first."""
    rows = [KeyRow(key, key.revoked_at is not None, key.is_expired(now)) for key in keys]
    return sorted(rows, key=lambda row: row.is_over)
