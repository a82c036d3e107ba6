"""Entries are kept for AUDIT_DAYS, and deleted in small steps by a task that runs once an hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

#: Rows of one transaction, and how many of these one task does.
BATCH = 2_000
MOST_BATCHES = 50

#: The trigger lets nobody else delete.
MAY = "SET LOCAL signals.prunes_audit_log = 'yes'"
DELETE = """
DELETE FROM teams_auditentry WHERE id IN (
    SELECT id FROM teams_auditentry WHERE at < %s ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED)
"""


def forget_old(now: datetime) -> int:
    """Delete entries that are older than AUDIT_DAYS, and return how many; 0 days keeps all."""
    if not settings.AUDIT_DAYS:
        return 0
    before = now - timedelta(days=settings.AUDIT_DAYS)
    deleted = 0
    for _ in range(MOST_BATCHES):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(MAY)
            cursor.execute(DELETE, [before, BATCH])
            deleted += cursor.rowcount
            if cursor.rowcount < BATCH:
                break
    return deleted
