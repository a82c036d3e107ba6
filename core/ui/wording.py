"""Numbers, money, durations and times in words for people (English, SI-like units)."""

from __future__ import annotations

from datetime import datetime, timedelta

UNKNOWN = "—"
FEW = 30
Number = int | float


def number(value: Number) -> str:
    """Write 12345 as "12,345"; fractions keep at most two digits."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{int(value):,}"


def short_number(value: Number) -> str:
    """Write 12345 as "12.3k" and 4_560_000 as "4.56M"; below 10,000 in full."""
    if abs(value) < 10_000:
        return number(value)
    for unit, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if abs(value) >= unit * 0.9995:
            return f"{value / unit:.3g}{letter}"
    return number(value)


def percent(part: Number, total: Number) -> str:
    """Write a share as "12.4 %"; what is neither none nor all is never rounded to either."""
    share = 100 * part / total
    shown = min(max(share, 0.1), 99.9) if 0 < part < total else share
    return f"{shown:.0f} %" if shown in (0, 100) else f"{shown:.1f} %"


def part(n: Number, total: Number) -> str:
    """Write a share with the numbers behind it, "24.1 %, 26 of 108", or a dash of nothing."""
    return f"{percent(n, total)}, {number(n)} of {number(total)}" if total else UNKNOWN


def usd(value: Number) -> str:
    """Write dollars, in more digits the less they are."""
    if value == 0:
        return "$0"
    if abs(value) < 0.0001:
        return "under $0.0001"
    if abs(value) < 0.1:
        return f"${value:.4f}"
    return f"${value:,.2f}"


def duration(milliseconds: Number) -> str:
    """Write milliseconds in one or two units, such as "350 ms", "12.5 s" or "2 h 5 min"."""
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def whole_seconds(seconds: int) -> str:
    """Write a chosen length without the digits of a measured one: "30 s", "10 min"."""
    return f"{seconds} s" if seconds < 60 else duration(seconds * 1000)


def ago(moment: datetime, now: datetime) -> str:
    """Write the distance to now in one unit: "5 min ago", "in 2 h", "just now"."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 5:
        return "just now"
    text = _one_unit(timedelta(seconds=abs(seconds)))
    return f"{text} ago" if seconds > 0 else f"in {text}"


def _one_unit(distance: timedelta) -> str:
    seconds = int(distance.total_seconds())
    for unit, letters in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {letters}"
    return f"{seconds} s"


def exact(moment: datetime) -> str:
    """Write the moment in the zone that it carries: "Mon 23 Nov 2026, 14:05:09 CET"."""
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M:%S %Z}"
