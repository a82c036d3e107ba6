"""What the page of spending shows, made of sums by day and signal. Pure, but for `read`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from core import spreadsheet
from core.ui import charts, wording
from core.ui.tones import UNLABELLED
from signals_app.models import Signal
from signals_app.spending.usage import DayOfSignal, Total, total, usage
from teams.models import Project

#: So many signals have a colour of their own; the others are one bar.
MOST_COLOURS = 9
OTHERS = "all others"
NO_SIGNAL = "Questions that were never saved"
GONE = "A signal that is gone"


@dataclass(frozen=True, slots=True)
class SignalRow:
    """What one signal took. pk, signal: None for what belongs to none; signal also where it is
    gone."""

    pk: int | None
    name: str
    signal: Signal | None
    tone: str
    total: Total


@dataclass(frozen=True, slots=True)
class DayRow:
    day: date
    total: Total


@dataclass(frozen=True, slots=True)
class Spent:
    """The days of a stretch. start, end: the first midnight and the one after the last day."""

    start: datetime
    end: datetime
    signals: Sequence[SignalRow]
    days: Sequence[DayRow]
    total: Total
    by_key: Mapping[tuple[date, int | None], Total]
    found: Sequence[DayOfSignal]
    took_too_long: bool = False


def bounds(length: int, zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
    """Return the midnights of a zone around so many days, today the last of them."""
    today = now.astimezone(zone).date()
    first, last = today - timedelta(days=length - 1), today + timedelta(days=1)
    return (datetime.combine(first, time.min, zone), datetime.combine(last, time.min, zone))


def read(
    project: Project, length: int, zone: tzinfo, now: datetime, only: Signal | None = None
) -> Spent:
    """Sum up the last days of a project, or of one of its signals."""
    start, end = bounds(length, zone, now)
    found = usage(project, start, end, zone, [only.pk] if only else None)
    ids = {day.signal_id for day in found.days if day.signal_id}
    known = {only.pk: only} if only else Signal.objects.filter(project=project).in_bulk(ids)
    return made(found.days, known, start, end, found.took_too_long)


def made(
    days: Sequence[DayOfSignal],
    known: Mapping[int, Signal],
    start: datetime,
    end: datetime,
    took_too_long: bool = False,
) -> Spent:
    """known: the signals by primary key."""
    by_signal: dict[int | None, list[DayOfSignal]] = defaultdict(list)
    by_day: dict[date, list[DayOfSignal]] = defaultdict(list)
    by_key: dict[tuple[date, int | None], list[DayOfSignal]] = defaultdict(list)
    for each in days:
        by_signal[each.signal_id].append(each)
        by_day[each.day].append(each)
        by_key[each.day, each.signal_id].append(each)
    sums = {pk: total(rows) for pk, rows in by_signal.items()}
    order = sorted(sums, key=lambda pk: _size(sums[pk]), reverse=True)
    rows = [
        SignalRow(pk, _name(pk, known), known.get(pk or 0), _tone(place), sums[pk])
        for place, pk in enumerate(order)
    ]
    return Spent(
        start=start,
        end=end,
        signals=rows,
        days=[DayRow(day, total(by_day[day])) for day in sorted(by_day, reverse=True)],
        total=total(days),
        by_key={key: total(each) for key, each in by_key.items()},
        found=days,
        took_too_long=took_too_long,
    )


def measure_of(spent: Spent, wished: str) -> str:
    """Return what the bars show: what is wished for, else the first of which anything is known."""
    if wished:
        return wished
    if spent.total.cost_usd is not None:
        return "money"
    return "tokens" if spent.total.input_tokens is not None else "labels"


def value(of: Total, measure: str) -> float | None:
    """Return one measure of a sum; None where it is unknown."""
    if measure == "money":
        return of.cost_usd
    if measure == "tokens":
        if of.input_tokens is None:
            return None
        return of.input_tokens + (of.output_tokens or 0)
    return of.labels


def figure(spent: Spent, measure: str, zone: tzinfo, now: datetime) -> charts.Figure:
    """Draw bars by day, stacked by signal, those with most of it first."""
    days = list(_days(spent.start.date(), spent.end.date()))
    buckets = [datetime.combine(day, time.min, zone) for day in days]
    by_row: dict[str, dict[date, float | None]] = {}
    tones: dict[str, str] = {}
    for place, row in enumerate(spent.signals):
        name = row.name if place < MOST_COLOURS else OTHERS
        tones.setdefault(name, row.tone)
        values = by_row.setdefault(name, {})
        for day in days:
            found = spent.by_key.get((day, row.pk))
            amount = value(found, measure) if found else None
            if amount is not None:
                values[day] = (values.get(day) or 0) + amount
    series = [
        charts.Series(
            name,
            tones[name],
            [values.get(day) for day in days],
            [said(values.get(day), measure) for day in days],
        )
        for name, values in by_row.items()
    ]
    filling = [bucket + timedelta(days=1) > now for bucket in buckets]
    drawn = charts.stacked_bars(series, buckets, filling, zone)
    if measure == "money":
        drawn["layout"]["yaxis"] |= {"tickprefix": "$"}
    return drawn


def said(amount: float | None, measure: str) -> str:
    if amount is None:
        return "unknown"
    return wording.usd(amount) if measure == "money" else wording.number(amount)


def csv_rows(
    found: Iterable[DayOfSignal], known: Mapping[int, Signal]
) -> list[list[spreadsheet.Cell]]:
    """Return the lines of the file, its headline first. Unknown is empty, not 0."""
    head = ["day", "signal", "signal_id", "source", "labels", "without_label", "asked", "priced"]
    head += ["input_tokens", "cached_input_tokens", "output_tokens", "cost_usd"]
    rows: list[list[spreadsheet.Cell]] = [[*head]]
    for each in found:
        signal, sums = known.get(each.signal_id or 0), total([each])
        rows.append(
            [
                each.day.isoformat(),
                _name(each.signal_id, known),
                str(signal.uuid) if signal else None,
                each.source,
                sums.labels,
                sum(sums.outcomes.values()) - sums.labels,
                *(each.asked, each.priced, each.input_tokens, each.cached_tokens),
                *(each.output_tokens, each.cost_usd),
            ]
        )
    return rows


def _size(of: Total) -> tuple[float, float, int]:
    return of.cost_usd or 0.0, float(of.input_tokens or 0), of.asked


def _name(pk: int | None, known: Mapping[int, Signal]) -> str:
    if pk is None:
        return NO_SIGNAL
    return known[pk].name if pk in known else GONE


def _tone(place: int) -> str:
    return f"label-{place + 1}" if place < MOST_COLOURS else UNLABELLED


def _days(first: date, end: date) -> Iterable[date]:
    while first < end:
        yield first
        first += timedelta(days=1)
