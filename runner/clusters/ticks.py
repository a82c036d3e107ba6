"""What runs on its own: the ticks, and what each cluster starts with."""

from __future__ import annotations

from django.conf import settings

from core.background.schedules import Tick

TICKS = (
    Tick("sweep", "signals_app.tasks.sweep"),
    # Due when the labels of the last minute are there (alerts.evaluation.evaluating), and always in
    # the same half of the minute, so that jitter leaves out none.
    Tick("alerts", "alerts.tasks.evaluate", second=12),
    Tick("prune failed tasks", "core.tasks.prune_failures", minutes=60),
    Tick("agents", "traces.tasks.look_after_agents"),
    Tick("partitions", "traces.tasks.look_after_partitions", minutes=60),
    Tick("prune trials", "signals_app.tasks.prune_trials", minutes=60),
    Tick("deliver", "alerts.tasks.deliver"),
    Tick("overviews", "alerts.tasks.overviews"),
    Tick("incidents", "alerts.tasks.incidents"),
    *([Tick("demo", "demo.tasks.tick")] if settings.DEMO else []),
)

#: By cluster: queued whenever one starts, because django-q2 first looks at its schedules
#: after half a minute, and because a killed cluster took with it what was running.
AT_START = {
    "signals": (
        *("signals_app.tasks.sweep", "alerts.tasks.evaluate", "alerts.tasks.deliver"),
        "traces.tasks.look_after_agents",
        *(["demo.tasks.tick"] if settings.DEMO else []),
    ),
    "judge": ("signals_app.tasks.pump",),
}
