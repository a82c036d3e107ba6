"""Every value of every table, as text: what is searched for what should be gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import zstandard
from django.db import connection

TABLES = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
ZSTD = b"\x28\xb5\x2f\xfd"


def holding(words: Iterable[str]) -> list[str]:
    """Return where any of the words stands: the table and the column."""
    wanted = [word.lower() for word in words]
    return sorted(
        {
            place
            for place, text in _values()
            if any(word in text or word.replace("-", "") in text for word in wanted)
        }
    )


def _values() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT * FROM {table}")
            columns = [column.name for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    yield f"{table}.{column}", _text(value).lower()


def _text(value: object) -> str:
    if isinstance(value, memoryview | bytes):
        raw = bytes(value)
        opened = zstandard.decompress(raw) if raw.startswith(ZSTD) else raw
        return opened.decode("utf-8", "replace")
    return str(value)
