"""What alerts ask of `label_count`: live labels alone, by version and by the sample rate under
which they were included, which a budget may have lowered below the version's.

A label counts in the minute in which it was given. Both grains are exact, so a window is summed
up from whole hours and, at its edges, from minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Sum

from alerts.decision.series import Series, VersionSeries
from alerts.decision.tally import Part
from core.time_range.windows import ceil, floor
from signals_app.labels import minutes
from signals_app.models import LabelCount, Outcome, Signal, Source

Grain = LabelCount.Grain
HOUR = timedelta(hours=1)

#: OFFSET 0 makes it one look-up by key for each piece, whatever is known about the table.
WINDOWS = f"""
SELECT found.key, found.version_id, found.sample_rate,
    ARRAY(SELECT answer ->> 'name' FROM jsonb_array_elements(version.labels) AS each(answer)),
    array_agg(found.label), array_agg(found.n)
FROM (
    SELECT piece.key, count.version_id, count.sample_rate, count.label, sum(count.n)::bigint AS n
    FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[],
        %s::timestamptz[]) AS piece(key, project_id, signal_id, grain, start, stop)
    CROSS JOIN LATERAL (
        SELECT version_id, sample_rate, label, n FROM label_count
        WHERE project_id = piece.project_id AND signal_id = piece.signal_id
            AND grain = piece.grain AND bucket >= piece.start AND bucket < piece.stop
            AND source = '{Source.LIVE}' AND outcome = '{Outcome.LABELLED}'
        OFFSET 0) AS count
    GROUP BY 1, 2, 3, 4) AS found
JOIN signals_app_signalversion AS version ON version.id = found.version_id
GROUP BY found.key, found.version_id, found.sample_rate, version.id
"""

SERIES = f"""
SELECT found.version_id, found.sample_rate,
    %(label)s = ''
        OR version.labels @> jsonb_build_array(jsonb_build_object('name', %(label)s::text)),
    array_agg(found.minute ORDER BY found.minute), array_agg(found.labels ORDER BY found.minute),
    array_agg(found.hits ORDER BY found.minute)
FROM (
    SELECT count.version_id,
        CASE WHEN count.source = '{Source.RUN}' THEN v.sample_rate ELSE count.sample_rate END
            AS sample_rate,
        (extract(epoch FROM bucket) / 60)::int AS minute, sum(n)::int AS labels,
        coalesce(sum(n) FILTER (WHERE label = %(label)s), 0)::int AS hits
    FROM (__MINUTES__) AS count
    JOIN signals_app_signalversion AS v ON v.id = count.version_id
    GROUP BY 1, 2, bucket) AS found
JOIN signals_app_signalversion AS version ON version.id = found.version_id
GROUP BY found.version_id, found.sample_rate, version.id
ORDER BY found.version_id, found.sample_rate
"""

COUNTED_MINUTES = f"""
    SELECT version_id, sample_rate, source, bucket, label, n
    FROM label_count
    WHERE project_id = %(project)s AND signal_id = %(signal)s AND grain = '{Grain.MINUTE}'
        AND bucket >= %(start)s AND bucket < %(end)s
        AND source = ANY(%(sources)s) AND outcome = '{Outcome.LABELLED}'
"""

#: The same where minutes have no counts any more.
LABELLED_MINUTES = f"""
    SELECT version_id, sample_rate, source, date_trunc('minute', counted_at, 'UTC') AS bucket,
        label, 1 AS n
    FROM classification
    WHERE project_id = %(project)s AND signal_id = %(signal)s AND is_current
        AND counted_at >= %(start)s AND counted_at < %(end)s
        AND source = ANY(%(sources)s) AND outcome = '{Outcome.LABELLED}'
"""

Piece = tuple[str, datetime, datetime]


@dataclass(frozen=True, slots=True)
class Asked:
    """One window of one signal: [start, end), whole minutes."""

    project_id: int
    signal_id: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """What one version gave in one window of what was included under one rate, by label; `names`:
    what it could have given."""

    version_id: int
    rate: float
    names: frozenset[str]
    by_label: dict[str, int]

    def watching(self, label: str) -> Part:
        """label: "" where all are watched alike."""
        labels, hits = sum(self.by_label.values()), self.by_label.get(label, 0)
        return Part(self.version_id, self.rate, labels, hits, not label or label in self.names)


def answers(asked: Iterable[Asked]) -> dict[Asked, list[Answers]]:
    """Count all windows in one statement, and so as of one moment; those without labels are
    empty."""
    wanted = list(dict.fromkeys(asked))
    by_asked: dict[Asked, list[Answers]] = {each: [] for each in wanted}
    rows = [
        (key, asked_window.project_id, asked_window.signal_id, *piece)
        for key, asked_window in enumerate(wanted)
        for piece in pieces(asked_window.start, asked_window.end)
    ]
    if not rows:
        return by_asked
    with connection.cursor() as cursor:
        cursor.execute(WINDOWS, [list(column) for column in zip(*rows, strict=True)])
        for key, version_id, rate, names, labels, ns in cursor.fetchall():
            by_label = dict(zip(labels, ns, strict=True))
            by_asked[wanted[key]].append(Answers(version_id, rate, frozenset(names), by_label))
    return by_asked


def series(
    signal: Signal, label: str, start: datetime, end: datetime, with_runs: bool = False
) -> Series:
    """Return counts by minute, [start, end). label: the one that is watched (`Rule.watched`).

    with_runs: what manual runs labelled, too, which no alert ever looks at; each label then weighs
    by the sample rate of its version, whatever the rate of its run.
    """
    given: dict[str, int | str | datetime | list[str]] = {
        "project": signal.project_id,
        "signal": signal.pk,
        "label": label,
        "start": start,
        "end": end,
        "sources": [Source.LIVE.value, *([Source.RUN.value] if with_runs else [])],
    }
    rows = COUNTED_MINUTES if minutes.are_kept(start) else LABELLED_MINUTES
    with connection.cursor() as cursor:
        cursor.execute(SERIES.replace("__MINUTES__", rows), given)
        return Series(
            tuple(
                VersionSeries.of(pk, rate, zip(at, labels, hits, strict=True), knows)
                for pk, rate, knows, at, labels, hits in cursor.fetchall()
            )
        )


def labelled_by_runs(signal: Signal, start: datetime, end: datetime) -> int:
    """Count the labels of the hours that [start, end) touches that come from manual runs."""
    rows = LabelCount.objects.filter(
        project_id=signal.project_id,
        signal_id=signal.pk,
        grain=Grain.HOUR,
        bucket__gte=floor(start, HOUR),
        bucket__lt=ceil(end, HOUR),
        source=Source.RUN,
        outcome=Outcome.LABELLED,
    )
    return rows.aggregate(n=Sum("n"))["n"] or 0


def pieces(start: datetime, end: datetime) -> Iterator[Piece]:
    """Whole hours, and the minutes that no whole hour of the window holds."""
    first, last = ceil(start, HOUR), floor(end, HOUR)
    if first >= last:
        yield Grain.MINUTE.value, start, end
        return
    yield Grain.HOUR.value, first, last
    for begin, stop in ((start, first), (last, end)):
        if begin < stop:
            yield Grain.MINUTE.value, begin, stop
