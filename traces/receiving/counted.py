"""What the receiving processes count for `/metrics`."""

from __future__ import annotations

from core.metrics.counters import Counter

SPANS = Counter("signals_ingest_spans_total", "Spans and log records that were stored.", ["signal"])
BYTES = Counter(
    "signals_ingest_bytes_total", "Bytes of bodies that were stored, as they came.", ["signal"]
)
REQUESTS = Counter("signals_ingest_requests_total", "Requests that were accepted.", ["signal"])
REJECTED = Counter(
    "signals_ingest_rejected_total",
    "Spans and log records that were left out of accepted requests.",
    ["signal"],
)
REFUSED = Counter(
    "signals_ingest_refused_total", "Requests that were refused, by status.", ["status"]
)
