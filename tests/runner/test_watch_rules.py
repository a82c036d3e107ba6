"""When the watchdog replaces a cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.watch_rules import Action, Limits, Sight, judge

LIMITS = Limits(stale_s=90, memory=800_000_000, start_s=60, retire_s=90)
WELL = Sight(
    age_s=1000, complete_for_s=995, a_process_died=False, beat_age_s=10, largest_process=100_000_000
)


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        pytest.param({}, Action.LEAVE, id="one that is well is left alone"),
        pytest.param({"a_process_died": True}, Action.KILL, id="one death ends the cluster"),
        pytest.param(
            {"complete_for_s": None, "age_s": 59}, Action.LEAVE, id="a start may take a minute"
        ),
        pytest.param({"complete_for_s": None, "age_s": 61}, Action.KILL, id="and no longer"),
        pytest.param({"beat_age_s": 91}, Action.KILL, id="silence ends the cluster"),
        pytest.param(
            {"beat_age_s": 500, "complete_for_s": 89},
            Action.LEAVE,
            id="silence counts from the start",
        ),
        pytest.param(
            {"largest_process": 800_000_001}, Action.RETIRE, id="a fat one may finish its work"
        ),
        pytest.param(
            {"largest_process": 900_000_000, "beat_age_s": 91},
            Action.KILL,
            id="a fat and silent one may not",
        ),
        pytest.param(
            {"retiring_for_s": 89.0, "a_process_died": True},
            Action.LEAVE,
            id="one that stops loses processes",
        ),
        pytest.param({"retiring_for_s": 91.0}, Action.KILL, id="one that never stops is ended"),
    ],
)
def test_the_rules(changes: dict[str, float | None], action: Action) -> None:
    assert judge(replace(WELL, **changes), LIMITS).action is action  # type: ignore[arg-type]
