"""The page of `/metrics`: gauges of this moment, and the counters of all processes."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import Error, connection

from alerts.counted import DELIVERIES
from core.metrics import counters, exposition
from core.metrics.counters import Key
from core.metrics.exposition import Gauge
from runner.health.watching import Latest, watch
from runner.metrics import gauges
from signals_app.queue import counted as judging
from traces.receiving import counted as receiving

#: In the order of the page. Named here, so that all of them are there before anything is counted.
COUNTERS = (
    *(receiving.REQUESTS, receiving.SPANS, receiving.BYTES),
    *(receiving.REJECTED, receiving.REFUSED),
    *(judging.ANSWERS, judging.LATENCY, judging.TOKENS, judging.COST),
    *(judging.ERRORS, judging.RETRIES, DELIVERIES),
)
#: Prometheus gives up after ten seconds.
PATIENCE_S = 6.0


def current() -> str:
    """Return the page; without what the database knows if it does not answer in time."""
    found = watch.look()
    known, stored = list(gauges.of_machine(found)), None
    if found[0].is_good and (asked := _database.look(PATIENCE_S)):
        of_database, stored = asked
        known += of_database
    # Without the database no counter is shown: zero would be taken for a restart.
    return exposition.written(known, COUNTERS if stored is not None else (), stored or {})


def _ask() -> tuple[list[Gauge], Mapping[Key, float]] | None:
    try:
        counters.flush()
        return list(gauges.of_database()), counters.stored()
    except Error:
        return None
    finally:
        connection.close()


_database = Latest(_ask)
