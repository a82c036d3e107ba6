"""Which targets a signal looks at: a fixed share of them, always the same ones.

A target is in when its place in [0, 1), a hash of the salt and the target's text, lies
below the rate. So the answer never depends on when or where it is asked, raising the rate
only adds targets, and signals with the same salt look at the same ones. The resolution is
2**-32: a rate of one in a million is still a rate.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

from core.ids import span_id_hex

PLACES = 2**32

#: The same as `is_sampled` in PostgreSQL, for a `target_text` of the forms below. Its
#: parameters are named salt and rate; the text stands as an expression in the statement.
SQL_IS_SAMPLED = (
    "(('x' || substr(md5(%(salt)s::text || ':' || {target_text}), 1, 8))::bit(32)::bigint"
    " / 4294967296::double precision) < %(rate)s"
)
SQL_TRACE_TEXT = "replace({trace_id}::text, '-', '')"
SQL_SPAN_TEXT = "replace({trace_id}::text, '-', '') || ':' || lpad(to_hex({span_id}), 16, '0')"


def target_text(target: UUID, span_id: int | None = None) -> str:
    """Return what is hashed: 32 hex digits of a trace id or session key; for a span its id
    behind."""
    return target.hex if span_id is None else f"{target.hex}:{span_id_hex(span_id)}"


def place(salt: str, text: str) -> float:
    """Return where in [0, 1) the target stands."""
    digest = hashlib.md5(f"{salt}:{text}".encode(), usedforsecurity=False).hexdigest()
    return int(digest[:8], 16) / PLACES


def is_sampled(salt: str, text: str, rate: float) -> bool:
    return place(salt, text) < rate


def sql_is_sampled(trace_id: str, span_id: str | None = None) -> str:
    """Return the condition for the two named columns; it takes the parameters salt and rate."""
    if span_id is None:
        text = SQL_TRACE_TEXT.format(trace_id=trace_id)
    else:
        text = SQL_SPAN_TEXT.format(trace_id=trace_id, span_id=span_id)
    return SQL_IS_SAMPLED.format(target_text=text)
