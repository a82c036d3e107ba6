"""What the worker is told to run is there to be run."""

from __future__ import annotations

import pytest
from django.utils.module_loading import import_string

from alerts.evaluation.evaluating import SETTLING
from runner.clusters.ticks import AT_START, TICKS, Tick

TASKS = sorted(
    {tick.task for tick in TICKS} | {task for tasks in AT_START.values() for task in tasks}
)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_can_be_called(task: str) -> None:
    assert callable(import_string(task))


def test_the_look_at_alerts_never_skips_a_minute() -> None:
    """Begin within 30 s of its second (django-q2 looks that often).

    Whenever that is, the minute that it looks at is the one that just ended.
    """
    tick = next(tick for tick in TICKS if tick.task == "alerts.tasks.evaluate")
    assert isinstance(tick, Tick)
    assert tick.second is not None
    assert SETTLING.total_seconds() <= tick.second < SETTLING.total_seconds() + 20
