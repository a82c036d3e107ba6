"""Counters add up over processes, and a genuine parser reads what is written of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families as parsed

from core.metrics import counters, exposition
from core.metrics.counters import Counter, Histogram
from core.metrics.exposition import Gauge

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def metrics(settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Count, and write only when the test says so."""
    settings.METRICS_TOKEN = "a-token"  # type: ignore[attr-defined]
    monkeypatch.setattr(counters, "_ensure_thread", lambda: None)
    monkeypatch.setattr(counters, "registered", {})
    counters._pending.clear()
    yield
    counters._pending.clear()


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parsed(text)
        for sample in family.samples
    }


def test_what_is_counted_is_added_to_what_was(metrics: None) -> None:
    spans = Counter("spans_total", "Spans.", ["signal"])
    empty = Counter("empty_total", "Nothing yet.")
    for amount in (3, 4):
        spans.add(amount, signal="traces")
        spans.add(signal='odd "\\\nname')
        counters.flush()
    told = samples(exposition.written([], [spans, empty], counters.stored()))
    assert told["spans_total", (("signal", "traces"),)] == 7
    assert told["empty_total", ()] == 0


def test_a_histogram_has_cumulative_buckets(metrics: None) -> None:
    latency = Histogram("latency_seconds", "Latency.", (0.5, 1, 10))
    for seconds in (0.1, 0.5, 0.7, 99.0):
        latency.observe(seconds)
    counters.flush()
    told = samples(exposition.written([], [latency], counters.stored()))
    buckets = [told["latency_seconds_bucket", (("le", le),)] for le in ("0.5", "1", "10", "+Inf")]
    assert buckets == [2, 3, 3, 4]
    assert told["latency_seconds_count", ()] == 4
    assert told["latency_seconds_sum", ()] == pytest.approx(100.3)


def test_a_forked_process_does_not_count_what_its_parent_has(metrics: None) -> None:
    once = Counter("once_total", "Once.")
    once.add(5)
    connection.close()
    pid = os.fork()
    if not pid:
        once.add(1)
        counters.flush()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    counters.flush()
    assert counters.stored()["once_total", ()] == 6


def test_nothing_is_lost_while_the_database_is_away(
    metrics: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Counter("kept_total", "Kept.")
    kept.add(2)
    with monkeypatch.context() as away:
        away.setattr(counters, "ADD", "SELECT %s, %s, %s FROM nowhere")
        with pytest.raises(Exception, match="nowhere"):
            counters.flush()
    kept.add(1)
    counters.flush()
    assert counters.stored()["kept_total", ()] == 3


def test_without_a_token_nothing_is_counted() -> None:
    never = Counter("never_total", "Never.")
    never.add(1)
    assert not counters._pending
    del counters.registered["never_total"]


def test_names_and_values_are_escaped_as_the_format_wants() -> None:
    text = exposition.written([Gauge("odd", "Two\nlines \\", [({"a": 'q"\\\n'}, 1.5)])], [], {})
    assert samples(text) == {("odd", (("a", 'q"\\\n'),)): 1.5}
