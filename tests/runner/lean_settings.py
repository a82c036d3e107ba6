"""The project's settings with limits of the clusters that a test can reach."""

from __future__ import annotations

from config.settings import *  # noqa: F403
from config.settings import Q_CLUSTER

#: In seconds and in kB: every worker is larger, so each leaves after its task.
Q_CLUSTER = Q_CLUSTER | {"timeout": 5, "max_rss": 1000}
