"""Time zones by the names that people choose."""

from __future__ import annotations

from zoneinfo import ZoneInfo


def known_zone(name: str) -> ZoneInfo | None:
    """Return the zone of that name, None where none is known here."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None


def zone_named(name: str) -> ZoneInfo:
    """Return the zone of that name; UTC where none is chosen, or one that is not known here."""
    return known_zone(name or "UTC") or ZoneInfo("UTC")
