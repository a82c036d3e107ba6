"""The two alerts of the demo: one that fires now and then, one that waits for a real change."""

from __future__ import annotations

from alerts import editing
from alerts.editing import Condition, Told
from signals_app.definition import starters
from signals_app.models import Signal
from teams.models import Project, User

#: The demo's user has no mailbox: the firings stand on the pages alone.
NOBODY = Told(email=False)
#: About one in seven turns of the recordings sounds negative, so chance alone passes it at times.
OFTEN = Condition(
    metric="value_share",
    label="negative",
    comparison="absolute",
    operator="gte",
    threshold=0.2,
    window="30m",
    min_labels=20,
    cooldown_min=60,
)
SELDOM = Condition(
    metric="value_share",
    label="failed",
    comparison="pct_change",
    operator="gte",
    threshold=50.0,
    window="3h",
    cooldown_min=360,
)
WATCHED = (
    (starters.SENTIMENT, "Many users sound negative", OFTEN),
    (starters.TASK_OUTCOME, "More tasks fail", SELDOM),
)


def watch(project: Project, user: User) -> None:
    """Call it once, when the signals are there."""
    for template, name, condition in WATCHED:
        signal = Signal.objects.get(project=project, template=template.key)
        editing.create(signal, name, condition, NOBODY, user)
