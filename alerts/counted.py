"""What the processes that send messages count for `/metrics`."""

from __future__ import annotations

from core.metrics.counters import Counter

DELIVERIES = Counter(
    "signals_deliveries_total",
    "Tries to send a message, by channel and by what came of it.",
    ["channel", "outcome"],
)
