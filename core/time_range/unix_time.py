"""Moments as counts since the Unix epoch, as the wire, cursors and minutes of counts hold them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(microseconds: int) -> datetime:
    """Return the moment so many microseconds after the epoch. Raises OverflowError beyond the
    year 9999."""
    return EPOCH + timedelta(microseconds=microseconds)


def microseconds_of(moment: datetime) -> int:
    """Return the microseconds from the epoch to a moment, exactly."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def nanoseconds_of(moment: datetime) -> int:
    """Return the nanoseconds from the epoch to a moment, exact to the microsecond."""
    return microseconds_of(moment) * 1_000
