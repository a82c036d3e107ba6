"""When the watchdog takes a cluster for dead."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest

from runner.clusters.watchdog import START_S, ClusterChild


@pytest.fixture
def cluster(settings: Any) -> Iterator[ClusterChild]:
    """Return a cluster that was started now, and has left no sign of life."""
    settings.WORKER_STALE_S = 20.0
    child = ClusterChild("judge")
    child.started_at = time.monotonic()
    yield child
    child.signs.close()


def test_a_start_may_take_a_minute_and_no_longer(cluster: ClusterChild) -> None:
    assert not cluster.is_silent(cluster.started_at + START_S - 1)
    assert cluster.is_silent(cluster.started_at + START_S + 1)


def test_after_the_first_sign_of_life_the_setting_counts(cluster: ClusterChild) -> None:
    last = cluster.started_at + 30
    os.pwrite(cluster.signs.fileno(), struct.pack("d", last), 0)
    assert not cluster.is_silent(last + 19)
    assert cluster.is_silent(last + 21)
