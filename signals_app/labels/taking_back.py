"""Classifications taken back: they are gone, and count no more.

Whoever takes back what got no label has the judge asked about it again, as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from signals_app.labels import count_changes
from signals_app.labels.count_changes import Counted


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A classification that was: what it counted as, and what it was about."""

    counted: Counted
    run_id: int | None
    agent_id: int
    scope: str
    target: UUID
    span_id: int
    revision: int
    target_time: datetime


#: In the order of the fields of `Counted`, then of `TakenBack`.
_TAKE_BACK = """
DELETE FROM classification WHERE {which}
RETURNING project_id, signal_id, version_id, source, outcome, coalesce(label, reason_code),
    counted_at, sample_rate, run_id, agent_id, scope, target, span_id, revision, target_time
"""


def take_back(which: str, values: Mapping[str, Any]) -> list[TakenBack]:
    """Delete current classifications; call it in a transaction.

    which: the condition that names them, in SQL of ours, with placeholders for the values.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK.format(which=which), values)
        taken = [TakenBack(Counted(*row[:8]), *row[8:]) for row in cursor.fetchall()]
    count_changes.apply(count_changes.changes((each.counted for each in taken), -1))
    return taken
