"""Reading and writing rows for settling, through Django's connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from traces.ingest.resolving import Node
from traces.settling import sql
from traces.store.reading import fetch


def nodes_of(project_id: int, trace_ids: list[UUID]) -> dict[UUID, list[Node]]:
    """Return the spans of each trace, by start; every given id is a key."""
    nodes: dict[UUID, list[Node]] = {trace_id: [] for trace_id in trace_ids}
    for row in fetch(sql.SPANS, [project_id, trace_ids]):
        nodes[row[0]].append(Node(*row[1:]))
    return nodes


def execute(statement: str, values: list[Any]) -> None:
    """Run a statement whose rows nobody reads."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as one value, for `json_to_recordset`."""
    return orjson.dumps(rows).decode()
