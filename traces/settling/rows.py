"""Reading and writing rows for settling, through Django's connection."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from traces.ingest.resolving import Node
from traces.settling import sql


def nodes_of(project_id: int, trace_ids: list[UUID]) -> dict[UUID, list[Node]]:
    """The spans of each trace, by start; every given id is a key of the answer."""
    found: dict[UUID, list[Node]] = {trace_id: [] for trace_id in trace_ids}
    for row in fetch(sql.SPANS, [project_id, trace_ids]):
        found[row[0]].append(Node(*row[1:]))
    return found


def fetch(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def execute(statement: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def packed(rows: list[dict[str, Any]]) -> str:
    return orjson.dumps(rows).decode()
