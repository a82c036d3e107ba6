"""When a cluster is replaced: a pure decision over what the watchdog sees.

django-q2 "reincarnates" a process that died, but the dead one may have held the lock of
the shared queue: the cluster then never runs another task and ignores SIGTERM, without
a word in its log. So any death within a cluster ends that cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    LEAVE = "leave it"
    #: Let it finish what it is doing, then start a fresh one.
    RETIRE = "retire"
    #: SIGKILL to the whole group, then start a fresh one.
    KILL = "kill"


@dataclass(frozen=True)
class Sight:
    """What can be seen of one cluster. Ages in seconds, memory in bytes."""

    age_s: float
    #: Since all processes were there; None before.
    complete_for_s: float | None
    #: One of those that were there is gone, the first process included.
    a_process_died: bool
    beat_age_s: float
    largest_process: int
    retiring_for_s: float | None = None


@dataclass(frozen=True)
class Limits:
    stale_s: float
    memory: int = 800_000_000
    start_s: float = 60.0
    retire_s: float = 90.0


@dataclass(frozen=True)
class Verdict:
    action: Action
    reason: str = ""


def judge(sight: Sight, limits: Limits) -> Verdict:
    if sight.retiring_for_s is not None:
        if sight.retiring_for_s > limits.retire_s:
            return Verdict(Action.KILL, f"did not stop within {limits.retire_s:.0f} s")
        return Verdict(Action.LEAVE)
    if sight.a_process_died:
        return Verdict(Action.KILL, "one of its processes died")
    if sight.complete_for_s is None:
        late = sight.age_s > limits.start_s
        reason = f"was not complete within {limits.start_s:.0f} s"
        return Verdict(Action.KILL, reason) if late else Verdict(Action.LEAVE)
    if min(sight.beat_age_s, sight.complete_for_s) > limits.stale_s:
        return Verdict(Action.KILL, f"has executed nothing for {limits.stale_s:.0f} s")
    if sight.largest_process > limits.memory:
        used = sight.largest_process // 1_000_000
        return Verdict(Action.RETIRE, f"has a process of {used} MB")
    return Verdict(Action.LEAVE)
