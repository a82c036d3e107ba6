"""What is said of one firing, by every channel: one description, written out three ways. Pure.

The names in it were typed by people or come out of traffic: HTML is escaped by its template,
Slack here, and a subject loses its line ends in alerts/delivery/email.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from alerts.decision.rule import Rule
from alerts.text import wording
from core.time_range.moments import utc_text
from core.ui import wording as words

EVENT, TEST_EVENT = "alert.fired", "alert.test"
#: Slack refuses a whole message for one text that is longer (Block Kit, text objects).
LONGEST_HEADER, LONGEST_FIELD = 150, 2000


@dataclass(frozen=True, slots=True)
class Fired:
    """A firing with the names and addresses that a message needs. rule: as it was then."""

    uuid: UUID
    at: datetime
    start: datetime
    rule: Rule
    value: float
    baseline: float | None
    change_pct: float | None
    labels: int
    labels_before: int | None
    version_note: str
    alert: str
    alert_uuid: UUID
    signal: str
    signal_uuid: UUID
    agent: str
    project: str
    project_slug: str
    alert_url: str
    traces_url: str

    @property
    def headline(self) -> str:
        return wording.headline(self.rule)

    @property
    def condition(self) -> str:
        return wording.condition(self.rule)

    @property
    def subject(self) -> str:
        return f"{self.called}: {self.headline}"

    @property
    def called(self) -> str:
        """The alert's name; the signal's where it is called as its condition, which stands beside
        it everywhere."""
        return self.signal if self.alert == self.headline else self.alert


def observed(fired: Fired) -> str:
    """ "18.2 %", or against the window before "18.2 %, before 12.1 % (+50.4 %)"."""
    now = wording.value(fired.rule.metric, fired.value)
    if fired.baseline is None or fired.change_pct is None:
        return now
    before = wording.value(fired.rule.metric, fired.baseline)
    return f"{now}, before {before} ({wording.change(fired.change_pct)})"


def threshold(fired: Fired) -> str:
    """Say "at least +20 %": thresholds are inclusive."""
    way = "at least" if fired.rule.operator == "gte" else "at most"
    return f"{way} {wording.threshold(fired.rule)}"


def compared(rule: Rule) -> str:
    if rule.is_change:
        return f"Change against the {wording.span(rule.window)} before"
    return "Value as it is"


def labels(fired: Fired) -> str:
    """ "371 labels", where it was compared "371 labels, 402 in the window before"."""
    count = f"{words.number(fired.labels)} {'label' if fired.labels == 1 else 'labels'}"
    if fired.labels_before is None:
        return count
    return f"{count}, {words.number(fired.labels_before)} in the window before"


def window(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """ "Wed 25 Nov 2026, 14:05 to 15:05 CET", with both days where they differ."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = f"{last:%H:%M %Z}" if first.date() == last.date() else f"{_day(last)}, {last:%H:%M %Z}"
    return f"{_day(first)}, {first:%H:%M} to {until}"


def facts(fired: Fired, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Return the rows of an e-mail."""
    rows = [
        ("Signal", f"{fired.signal} · {fired.agent}"),
        ("Observed", observed(fired)),
        ("Threshold", threshold(fired)),
        ("Window", window(fired.start, fired.at, zone)),
        ("Labels", labels(fired)),
    ]
    return [*rows, *([("Note", fired.version_note)] if fired.version_note else [])]


def email_context(fired: Fired, zone: ZoneInfo, mute_url: str) -> dict[str, Any]:
    """Return the context of templates/alerts/email/firing.txt and .html."""
    return {
        "subject": fired.subject,
        "fired": fired,
        "observed": observed(fired),
        "facts": facts(fired, zone),
        "mute_url": mute_url,
    }


def slack_text(fired: Fired) -> str:
    """Return what notifications show."""
    return f"{escaped(fired.headline)}: {escaped(fired.called)}, {escaped(observed(fired))}"


def slack_blocks(fired: Fired) -> list[dict[str, Any]]:
    moment = int(fired.at.timestamp())
    fallback = f"{fired.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    rule = fired.rule
    fields = [
        ("Signal", escaped(f"{fired.signal} · {fired.agent}")),
        ("Metric", escaped(wording.metric_name(rule.metric, rule.label))),
        ("Comparison", escaped(compared(rule))),
        ("Threshold", escaped(threshold(fired))),
        ("Observed", f"{escaped(observed(fired))}\n{escaped(labels(fired))}"),
        ("Window", escaped(wording.span(rule.window))),
        ("Triggered", f"<!date^{moment}^{{date_short_pretty}} at {{time}}|{fallback}>"),
        ("Project", escaped(fired.project)),
    ]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": _plain(fired.headline)},
        section(f"*{escaped(fired.called)}*\n{escaped(fired.condition)}"),
        {"type": "section", "fields": [_marked(f"*{name}*\n{text}") for name, text in fields]},
    ]
    if fired.version_note:
        blocks.append({"type": "context", "elements": [_marked(escaped(fired.version_note))]})
    buttons = [
        {**button("View alert", fired.alert_url, "view_alert"), "style": "primary"},
        button("View traces", fired.traces_url, "view_traces"),
    ]
    return [*blocks, {"type": "actions", "elements": buttons}]


def webhook(fired: Fired) -> dict[str, Any]:
    """Return the payload; docs/alerts.md describes each field."""
    rule = fired.rule
    return {
        "type": EVENT,
        "timestamp": utc_text(fired.at),
        "data": {
            "id": str(fired.uuid),
            "headline": fired.headline,
            "condition": {
                "sentence": fired.condition,
                "metric": rule.metric.value,
                "label": rule.watched or None,
                "comparison": rule.comparison.value,
                "operator": rule.operator.value,
                "threshold": rule.threshold,
                "window": wording.NAMES[rule.window],
            },
            "window": {"start": utc_text(fired.start), "end": utc_text(fired.at)},
            "value": fired.value,
            "baseline": fired.baseline,
            "change_pct": fired.change_pct,
            "labels": fired.labels,
            "labels_before": fired.labels_before,
            "version_note": fired.version_note or None,
            "alert": {
                "id": str(fired.alert_uuid),
                "name": fired.alert,
                "url": fired.alert_url,
            },
            "signal": {"id": str(fired.signal_uuid), "name": fired.signal},
            "agent": {"name": fired.agent},
            "project": {"slug": fired.project_slug, "name": fired.project},
            "traces_url": fired.traces_url,
        },
    }


def webhook_test(alert: str, alert_uuid: UUID, url: str, now: datetime) -> dict[str, Any]:
    """Return what a person sends to try a receiver: of the same shape, with no figures."""
    named = {"id": str(alert_uuid), "name": alert, "url": url}
    return {"type": TEST_EVENT, "timestamp": utc_text(now), "data": {"alert": named}}


def escaped(text: str) -> str:
    """Escape the three characters of Slack's markup: else a name such as <!channel> wakes
    everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _day(moment: datetime) -> str:
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _plain(text: str) -> dict[str, Any]:
    """Text that Slack reads no markup in."""
    one_line = " ".join(text.split())
    return {"type": "plain_text", "text": _cut(one_line, LONGEST_HEADER), "emoji": False}


def _marked(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": _cut(text, LONGEST_FIELD)}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _marked(text)}


def button(text: str, url: str, action: str) -> dict[str, Any]:
    return {"type": "button", "text": _plain(text), "url": url, "action_id": action}
