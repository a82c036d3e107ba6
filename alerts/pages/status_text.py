"""How an alert stands, as pages say it. Pure but for the alert that is given."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.models import Alert
from alerts.text import wording
from signals_app.models import Signal

State, Stands = Alert.State, Alert.Standing
#: The shape and colour of each standing: classes of static/css/alerts.css.
CLASSES = {
    Stands.NEW: "new",
    Stands.NOT_MET: "quiet",
    Stands.MET: "firing",
    Stands.HELD: "held",
    Stands.NOT_EVALUABLE: "unknown",
    Stands.ASLEEP: "asleep",
    Stands.BROKEN: "broken",
}
NEW = "It is evaluated every minute; the first time is about to come."
PAUSED = "Nobody is told until it is resumed."
ARCHIVED = "It is not evaluated, and tells nobody."


@dataclass(frozen=True, slots=True)
class Standing:
    """word: one or two of them; tone: a class; reason: a sentence, or ""."""

    word: str
    tone: str
    reason: str


def of(alert: Alert) -> Standing:
    if alert.state == State.PAUSED:
        return Standing("Paused", "paused", PAUSED)
    if alert.state == State.ARCHIVED:
        return Standing("Archived", "archived", ARCHIVED)
    stands = Stands(alert.standing)
    return Standing(
        str(stands.label), CLASSES[stands], alert.standing_reason or _why(alert, stands)
    )


def _why(alert: Alert, stands: Alert.Standing) -> str:
    """Say why, where the evaluation left no reason."""
    if stands == Stands.NEW:
        state = alert.signal.state
        return NEW if state == Signal.State.ACTIVE else f"Its signal is {state}."
    return wording.HELD if stands == Stands.HELD else ""
