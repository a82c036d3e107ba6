"""What is said of an incident, by e-mail, in Slack and to a webhook. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alerts.text.messages import button, escaped, section
from core.time_range.moments import utc_text
from core.ui import wording

ASLEEP_EVENT, AWAKE_EVENT = "alert.asleep", "alert.awake"


@dataclass(frozen=True, slots=True)
class Asleep:
    name: str
    uuid: UUID
    url: str


@dataclass(frozen=True, slots=True)
class Told:
    """An incident with the names and addresses that a message needs.

    title: the cause in a few words, with the signal's or the model's name. ended_at: None while
    it lasts. url: where to look and mend.
    """

    title: str
    words: str
    began_at: datetime
    ended_at: datetime | None
    project: str
    url: str
    asleep: Sequence[Asleep]

    @property
    def subject(self) -> str:
        return f"Over: {self.title}" if self.ended_at else self.title

    @property
    def state(self) -> str:
        """What there is to say of the whole, in one or two sentences."""
        if self.ended_at is None:
            return self.words
        return f"This is over, after {_lasted(self.began_at, self.ended_at)}."

    @property
    def of_alerts(self) -> str:
        """What it means for the alerts that sleep; "" without any."""
        if not self.asleep:
            return ""
        names = ", ".join(f"“{each.name}”" for each in self.asleep)
        is_one = len(self.asleep) == 1
        if self.ended_at:
            return (
                f"The alert {names} is awake again."
                if is_one
                else (f"The alerts {names} are awake again.")
            )
        return (
            f"The alert {names} sleeps meanwhile: it cannot fire."
            if is_one
            else (f"The alerts {names} sleep meanwhile: they cannot fire.")
        )


def _lasted(began: datetime, ended: datetime) -> str:
    return wording.duration((ended - began).total_seconds() * 1000)


def email_context(told: Told) -> dict[str, Any]:
    """Return the context of templates/alerts/email/incident.txt and .html."""
    return {"subject": told.subject, "told": told}


def slack_text(told: Told) -> str:
    return escaped(f"{told.subject} ({told.project})")


def slack_blocks(told: Told) -> list[dict[str, Any]]:
    said = " ".join(filter(None, (told.state, told.of_alerts)))
    return [
        section(f"*{escaped(told.subject)}*\n{escaped(said)}"),
        {"type": "actions", "elements": [button("Look at it", told.url, "view_incident")]},
    ]


def webhook(told: Told, alert: Asleep, now: datetime) -> dict[str, Any]:
    """Return the payload; docs/alerts.md describes each field."""
    return {
        "type": AWAKE_EVENT if told.ended_at else ASLEEP_EVENT,
        "timestamp": utc_text(now),
        "data": {
            "alert": {"id": str(alert.uuid), "name": alert.name, "url": alert.url},
            "reason": told.state,
            "since": utc_text(told.began_at),
            "project": {"name": told.project},
        },
    }
