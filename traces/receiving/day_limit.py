"""How many spans a team may send in a day of UTC, over all processes (TEAM_SPANS_PER_DAY).

Events of logs count as spans do, and so does what is stored of files (traces/uploading).

Each process counts what it has stored and adds it to the team's row once a second, by which it
learns what the others have: the limit is reached within a second's traffic of all of them, and no
request waits for a count. A batch that began below the limit is stored whole.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg
from django.conf import settings

from traces.receiving.pool import TROUBLE, IngestPool

FLUSH_EVERY_S = 1.0
KEPT = timedelta(days=40)

ADD = """
INSERT INTO team_day AS held (team_id, day, spans)
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[])
ON CONFLICT (team_id, day) DO UPDATE SET spans = held.spans + EXCLUDED.spans
RETURNING team_id, spans
"""
OVER = (
    "The team has sent its {limit:,} spans of this day, which is the limit of this installation: "
    "nothing was stored. It takes spans again at midnight UTC."
)
FORGET = "DELETE FROM team_day WHERE day < %s"


@dataclass(slots=True)
class _Team:
    """total: what the row said when it was last written; unwritten: what came to this process
    since."""

    total: int = 0
    unwritten: int = 0


class DayLimit:
    """One a process; safe to share between its threads."""

    def __init__(self, pool: IngestPool) -> None:
        self._pool = pool
        self._day = date.min
        self._teams: dict[int, _Team] = {}
        self._lock = threading.Lock()
        self._flush_at = 0.0
        self._forgets = False

    def refusal(self, team_id: int, now: datetime) -> str:
        """Say why a team may send no more today; "" while it may."""
        limit = settings.TEAM_SPANS_PER_DAY
        if not limit:
            return ""
        with self._lock:
            is_known = now.date() == self._day and team_id in self._teams
        if not is_known:
            self.add(team_id, 0, now, at_once=True)
        with self._lock:
            team = self._teams.get(team_id)
            if team is None or team.total + team.unwritten < limit:
                return ""
        return OVER.format(limit=limit)

    def add(self, team_id: int, spans: int, now: datetime, at_once: bool = False) -> None:
        """Count spans that were stored, and write what was counted if a second is over."""
        with self._lock:
            rows = self._new_day(now.date()) if now.date() != self._day else []
            self._teams.setdefault(team_id, _Team()).unwritten += spans
            if at_once or time.monotonic() >= self._flush_at:
                self._flush_at = time.monotonic() + FLUSH_EVERY_S
                rows += self._taken(team_id)
        if rows:
            self._write(rows, now)

    def close(self) -> None:
        """Write what is left."""
        with self._lock:
            rows = self._taken()
        if rows:
            self._write(rows, datetime.now(UTC))

    def _new_day(self, day: date) -> list[tuple[int, date, int]]:
        """Begin a day with nothing; returns what is left of the one before."""
        rows, self._teams, self._day = self._taken(), {}, day
        self._forgets = True
        return rows

    def _taken(self, also: int | None = None) -> list[tuple[int, date, int]]:
        """Take what is unwritten, in the order of teams, so that no two processes wait for each
        other. also: a team whose row is wanted though nothing came."""
        rows = []
        for team_id, team in sorted(self._teams.items()):
            if team.unwritten or team_id == also:
                rows.append((team_id, self._day, team.unwritten))
                team.total, team.unwritten = team.total + team.unwritten, 0
        return rows

    def _write(self, rows: list[tuple[int, date, int]], now: datetime) -> None:
        def work(connection: psycopg.Connection) -> list[tuple[int, int]]:
            with psycopg.Cursor(connection) as cursor:
                columns = [list(column) for column in zip(*rows, strict=True)]
                totals = cursor.execute(ADD, columns).fetchall()
                if self._forgets:
                    cursor.execute(FORGET, [now.date() - KEPT])
                    self._forgets = False
                return [(int(team_id), int(spans)) for team_id, spans in totals]

        try:
            totals = self._pool.run(work)
        except TROUBLE:
            self._give_back(rows)
            return
        with self._lock:
            if self._day != rows[-1][1]:
                return
            for team_id, spans in totals:
                if team_id in self._teams:
                    self._teams[team_id].total = spans

    def _give_back(self, rows: list[tuple[int, date, int]]) -> None:
        """Count again, later, what could not be written."""
        with self._lock:
            for team_id, day, spans in rows:
                if day == self._day and team_id in self._teams:
                    self._teams[team_id].unwritten += spans
                    self._teams[team_id].total -= spans


def seconds_left(now: datetime) -> int:
    """Return how long it is until midnight UTC: for Retry-After."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return max(1, round((midnight - now).total_seconds()))
