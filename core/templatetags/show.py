"""Template filters and tags: numbers, times and words as the look asks.

Every filter shows a dash for None; `|dash:"reason"` says why it is unknown.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.time_range.links import in_range
from core.ui import toasts, wording
from core.ui.tones import Segment

register = template.Library()

BAR_WIDTH, BAR_HEIGHT = 120, 8
SPARK_WIDTH, SPARK_HEIGHT = 96, 24
SPARK_LINE = '<polyline points="{}"/><circle cx="{}" cy="{}" r="1.8"/>'


@register.filter
def words(text: str) -> list[str]:
    """Split a constant in a template into words to loop over."""
    return text.split()


@register.filter
def number(value: wording.Number | None) -> str:
    """Show 12345 as 12,345."""
    return wording.UNKNOWN if value is None else wording.number(value)


@register.filter
def tokens(value: int | None) -> str:
    """Show a number of tokens."""
    return number(value)


@register.filter
def tile(value: wording.Number | None) -> str:
    """Show 12345 as 12.3k with the full number on hover."""
    if value is None:
        return wording.UNKNOWN
    short, full = wording.short_number(value), wording.number(value)
    return full if short == full else format_html('<span title="{}">{}</span>', full, short)


@register.filter
def share(part: wording.Number | None, total: wording.Number | None) -> str:
    """Show `46|share:371` as "12.4 % of 371"; pale and marked "few" under 30; a dash of nothing."""
    if part is None or not total:
        return wording.UNKNOWN
    text = f"{wording.percent(part, total)} of {wording.number(total)}"
    if total < wording.FEW:
        return format_html('<span class="few">{}, few</span>', text)
    return text


@register.filter
def percent(part: wording.Number | None, total: wording.Number | None = 1) -> str:
    """Show `0.124|percent` as "12.4 %"; `46|percent:371` where the count stands beside it."""
    return wording.UNKNOWN if part is None or not total else wording.percent(part, total)


@register.filter
def rate(value: float | None) -> str:
    """Show a chosen share without the digits of a measured one: 0.2 as "20 %"."""
    return wording.UNKNOWN if value is None else f"{value * 100:g} %"


@register.filter
def usd(value: wording.Number | None) -> str:
    """Show an amount of dollars."""
    return wording.UNKNOWN if value is None else wording.usd(value)


@register.filter
def duration(value: wording.Number | timedelta | None) -> str:
    """Show milliseconds or a timedelta in sensible units."""
    if value is None:
        return wording.UNKNOWN
    if isinstance(value, timedelta):
        return wording.duration(value / timedelta(milliseconds=1))
    return wording.duration(value)


@register.filter
def ago(moment: datetime | None) -> str:
    """Show a relative time, with the exact one in the viewer's zone on hover."""
    if moment is None:
        return wording.UNKNOWN
    return _time(moment, wording.exact(timezone.localtime(moment)), _relative(moment))


@register.filter
def exact(moment: datetime | None) -> str:
    """Show the exact time in the viewer's zone, with the relative one on hover."""
    if moment is None:
        return wording.UNKNOWN
    return _time(moment, _relative(moment), wording.exact(timezone.localtime(moment)))


def _relative(moment: datetime) -> str:
    return wording.ago(moment, timezone.now())


def _time(moment: datetime, title: str, text: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), title, text)


@register.filter
def dash(value: Any, reason: str) -> Any:
    """Show the value, or a dash whose reason stands on hover and is read aloud."""
    if value not in (None, "", wording.UNKNOWN):
        return value
    return format_html(
        '<span class="faint" title="{}"><span aria-hidden="true">—</span>'
        '<span class="only-read">unknown: {}</span></span>',
        reason,
        reason,
    )


@register.filter
def few(count: int | None) -> str:
    """Return the CSS class of a rate that rests on fewer than 30."""
    return "few" if count is not None and count < wording.FEW else ""


@register.filter
def part(segment: Segment, segments: list[Segment]) -> str:
    """Say which part of all segments one is."""
    return wording.percent(segment.size, sum(each.size for each in segments))


@register.simple_tag
def stacked_bar(segments: list[Segment], empty: str = "no labels yet") -> SafeString:
    """Draw the breakdown as a bar of 120 by 8 px, its numbers as text alternative."""
    total = sum(segment.n for segment in segments)
    if not total:
        return format_html('<span class="faint small">{}</span>', empty)
    whole = sum(segment.size for segment in segments)
    text = ", ".join(f"{s.name} {wording.percent(s.size, whole)}" for s in segments if s.n)
    return format_html(
        '<svg class="bar" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img"'
        ' aria-label="{text} of {total}"><title>{text} of {total}</title>{parts}</svg>',
        w=BAR_WIDTH,
        h=BAR_HEIGHT,
        text=text,
        total=wording.number(total),
        parts=_bar_parts([s for s in segments if s.n], whole),
    )


def _bar_parts(segments: list[Segment], total: float) -> SafeString:
    """Draw rectangles a pixel apart, none thinner than a pixel and a half."""
    room = BAR_WIDTH - (len(segments) - 1)
    widths = [max(1.5, room * segment.size / total) for segment in segments]
    scale = room / sum(widths)
    rows, x = [], 0.0
    for segment, width in zip(segments, widths, strict=True):
        rows.append((segment.tone, f"{x:.1f}", f"{width * scale:.1f}", BAR_HEIGHT))
        x += width * scale + 1
    return format_html_join(
        "", '<rect class="tone tone-{}" x="{}" y="0" width="{}" height="{}" rx="1"/>', rows
    )


@register.simple_tag
def sparkline(points: list[float | None], text: str) -> SafeString:
    """Draw a trend of 96 by 24 px, in which None is a gap; `text` says it in words."""
    known = [value for value in points if value is not None]
    if not known:
        return format_html('<span class="faint small" title="{}">{}</span>', text, "no labels yet")
    top = max(known) or 1
    step = SPARK_WIDTH / max(len(points) - 1, 1)
    spots = [
        None if value is None else (index * step, 2 + (SPARK_HEIGHT - 4) * (1 - value / top))
        for index, value in enumerate(points)
    ]
    return format_html(
        '<svg class="spark" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img"'
        ' aria-label="{text}"><title>{text}</title>{lines}</svg>',
        w=SPARK_WIDTH,
        h=SPARK_HEIGHT,
        text=text,
        lines=format_html_join("", SPARK_LINE, _spark_lines(spots)),
    )


def _spark_lines(spots: list[tuple[float, float] | None]) -> list[tuple[str, str, str]]:
    """Return (points, x, y of the last) of each stretch without a gap."""
    stretches: list[list[tuple[float, float]]] = [[]]
    for spot in spots:
        if spot is None:
            stretches.append([])
        else:
            stretches[-1].append(spot)
    return [
        (
            " ".join(f"{x:.1f},{y:.1f}" for x, y in stretch),
            f"{stretch[-1][0]:.1f}",
            f"{stretch[-1][1]:.1f}",
        )
        for stretch in stretches
        if stretch
    ]


@register.inclusion_tag("rail_link.html", takes_context=True)
def rail_link(context: template.Context, url_name: str, text: str, icon: str) -> dict[str, Any]:
    """Draw a link of the left rail, or nothing when no page of that name exists."""
    try:
        url = reverse(url_name, args=[context["project"].slug])
    except NoReverseMatch:
        return {"url": ""}
    current = context["request"].path.startswith(url)
    url = in_range(url, context["request"].GET)
    return {"url": url, "text": text, "icon": icon, "current": current}


@register.filter
def rounded(value: float | None) -> str:
    """Show an estimate: whole from 10 on, one digit below, "under 0.1" near nothing."""
    if value is None:
        return wording.UNKNOWN
    if 0 < value < 0.1:
        return "under 0.1"
    return wording.number(round(value) if value >= 10 else round(value, 1))


@register.inclusion_tag("sort_header.html", takes_context=True)
def sort_header(
    context: template.Context, key: str, text: str, sort: str, names: str = ""
) -> dict[str, Any]:
    """Draw a column's head that sorts by it; a second click turns the order round."""
    direction = {key: "ascending", f"-{key}": "descending"}.get(sort, "")
    return {
        "request": context["request"],
        "text": text,
        "names": names,
        "direction": direction,
        "next": f"-{key}" if sort == key else key,
    }


@register.filter
def undo(message: Message) -> toasts.Undo | None:
    """Return what takes back that of which a toast tells."""
    return toasts.undo_of(message)


@register.filter
def at(mapping: dict[str, Any], key: object) -> Any:
    """Return the value under a key that is itself a variable."""
    return mapping.get(str(key))
