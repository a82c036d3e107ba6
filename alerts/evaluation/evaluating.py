"""One pass a minute over all alerts: counts are read once, rules decide, what fires is owed.

Nobody who edits an alert waits for the pass. It reads without locks, and what it found is written
to those rows alone that nobody touched meanwhile; the others are looked at in the next minute.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from alerts.decision.decide import Action, Reading, State, Verdict, Windows, read, step
from alerts.decision.rule import Metric, Rule
from alerts.decision.series import Stretch, floor, is_active, windows
from alerts.delivery.enqueueing import owe
from alerts.evaluation import window_counts
from alerts.evaluation.window_counts import Answers, Asked
from alerts.models import Alert, Firing
from alerts.text import version_notes
from alerts.text.wording import BROKEN, HELD, MISSING, asleep, without_label, without_rate
from core.background import locks
from core.background.locks import AdvisoryLock
from signals_app.models import Signal, SignalVersion
from signals_app.spending import judged_times

log = logging.getLogger(__name__)

#: A label is committed a moment after the time under which it counts.
SETTLING = timedelta(seconds=10)
Standing = Alert.Standing

KEEP = """
WITH untouched AS (
    SELECT alert.id AS pk, new.*
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::float8[], %s::float8[],
        %s::int[], %s::int[], %s::timestamptz[], %s::timestamptz[]) AS new(alert_id, seen,
        standing, reason, value, baseline, labels, labels_before, met_at, fired_at)
    JOIN alerts_alert AS alert ON alert.id = new.alert_id AND alert.xmin::text = new.seen
    ORDER BY alert.id
    FOR NO KEY UPDATE OF alert SKIP LOCKED)
UPDATE alerts_alert AS alert SET evaluated_at = %s, standing = untouched.standing,
    standing_reason = untouched.reason, value = untouched.value, baseline = untouched.baseline,
    labels = untouched.labels, labels_before = untouched.labels_before,
    met_at = untouched.met_at, fired_at = untouched.fired_at
FROM untouched WHERE alert.id = untouched.pk
RETURNING alert.id
"""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """at: the minute that was looked at; alerts: how many; fired: how many of them."""

    at: datetime
    alerts: int = 0
    fired: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What the pass found about one alert, to be written."""

    alert: Alert
    standing: str
    reason: str
    reading: Reading | None
    state: State
    fires: bool = False


def minute_to_look_at(now: datetime) -> datetime:
    return floor(now - SETTLING)


def evaluate_all(now: datetime) -> Evaluated:
    """Look at every alert that is on, at the newest minute whose labels are all there.

    Twice in a minute equals once, and so do two at once. Minutes that nobody looked at, because
    all workers were down, are not made up for: what is true now is what counts.
    """
    at = minute_to_look_at(now)
    with transaction.atomic():
        if not _is_the_only_one():
            return Evaluated(at)
        alerts = list(Alert.objects.evaluated_every_minute().not_yet_at(at))
        outcomes = _look(alerts, at, now) if alerts else []
        kept = _keep(outcomes, at)
        firings = _fire(
            [each for each in outcomes if each.fires and each.alert.pk in kept], at, now
        )
        if firings:
            owe(firings, now)
        return Evaluated(at, len(kept), len(firings))


def _is_the_only_one() -> bool:
    with connection.cursor() as cursor:
        return locks.try_to_take(cursor, AdvisoryLock.ALERTS)


def _look(alerts: Sequence[Alert], at: datetime, now: datetime) -> list[Found]:
    senseless = [outcome for alert in alerts if (outcome := _without_sense(alert))]
    skipped = {outcome.alert.pk for outcome in senseless}
    return senseless + _look_at([alert for alert in alerts if alert.pk not in skipped], at, now)


def _look_at(alerts: Sequence[Alert], at: datetime, now: datetime) -> list[Found]:
    """alerts: all with a rule that can be read."""
    since = at - max((alert.rule.reach for alert in alerts), default=timedelta(0))
    active = judged_times.stretches({alert.signal_id for alert in alerts}, since, now)
    stretches = {alert.pk: active.get(alert.signal_id, []) for alert in alerts}
    awake = [alert for alert in alerts if is_active(stretches[alert.pk], at)]
    answers = window_counts.answers(each for alert in awake for each in _asked(alert, at))
    return [_judge(alert, at, stretches[alert.pk], answers) for alert in alerts]


def _asked(alert: Alert, at: datetime) -> list[Asked]:
    """Return the window to ask for, and for a change the one before it."""
    length, signal = alert.rule.window, (alert.project_id, alert.signal_id)
    now = Asked(*signal, at - length, at)
    if not alert.rule.is_change:
        return [now]
    return [now, Asked(*signal, at - 2 * length, at - length)]


def _judge(
    alert: Alert, at: datetime, active: Sequence[Stretch], answers: dict[Asked, list[Answers]]
) -> Found:
    """Evaluate one alert; one that cannot be evaluated says so and stops no other."""
    try:
        return _evaluate(alert, at, active, answers)
    except Exception as error:
        return _failed(alert, error)


def _without_sense(alert: Alert) -> Found | None:
    """Name what no form wrote in a row: a window or a metric that we do not have."""
    try:
        _ = alert.rule
    except Exception as error:
        return _failed(alert, error)
    return None


def _failed(alert: Alert, error: Exception) -> Found:
    log.error("alert %s could not be evaluated", alert.pk, exc_info=error)
    return _unseen(alert, Standing.BROKEN, BROKEN.format(error=type(error).__name__))


def _evaluate(
    alert: Alert, at: datetime, active: Sequence[Stretch], answers: dict[Asked, list[Answers]]
) -> Found:
    if not is_active(active, at):
        return _unseen(alert, Standing.ASLEEP, asleep(alert.signal.state))
    if reason := _what_is_missing(alert, alert.signal.live_version):
        return _unseen(alert, Standing.BROKEN, reason)
    rule = alert.rule
    reading = read(rule, _windows(alert, rule, at, active, answers))
    state, action = step(rule, State(alert.met_at, alert.fired_at), reading, at)
    reason = HELD if reading.verdict == Verdict.HELD else ""
    if reading.missing:
        reason = MISSING[reading.missing]
    fires = action == Action.FIRE
    return Found(alert, reading.verdict.value, reason, reading, state, fires)


def _windows(
    alert: Alert,
    rule: Rule,
    at: datetime,
    active: Sequence[Stretch],
    answers: dict[Asked, list[Answers]],
) -> Windows:
    given = [[a.watching(rule.watched) for a in answers[each]] for each in _asked(alert, at)]
    return windows(rule, at, active, given[0], given[1] if rule.is_change else None)


def _what_is_missing(alert: Alert, live: SignalVersion | None) -> str:
    """Why the signal, as it asks now, has no such metric; "" if it has."""
    if live is None:
        return asleep(Signal.State.DRAFT)
    if alert.metric == Metric.TRUE_RATE and live.type != SignalVersion.Type.BINARY:
        return without_rate(live.number)
    if alert.label and alert.label not in live.label_names:
        return without_label(live.number, alert.label)
    return ""


def _unseen(alert: Alert, standing: str, reason: str) -> Found:
    return Found(alert, standing, reason, None, State(alert.met_at, alert.fired_at))


def _keep(founds: Sequence[Found], at: datetime) -> set[int]:
    """Write it where nobody changed the alert since it was read; returns those."""
    if not founds:
        return set()
    columns = [list(column) for column in zip(*(_row(each) for each in founds), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [*columns, at])
        return {pk for (pk,) in cursor.fetchall()}


def _row(outcome: Found) -> tuple[object, ...]:
    reading = outcome.reading or Reading(Verdict.NOT_EVALUABLE)
    return (
        outcome.alert.pk,
        outcome.alert.seen,  # type: ignore[attr-defined]  # of `not_yet_at`
        outcome.standing,
        outcome.reason,
        reading.value,
        reading.baseline,
        reading.labels if outcome.reading else None,
        reading.labels_before,
        outcome.state.met_at,
        outcome.state.fired_at,
    )


def _fire(founds: Iterable[Found], at: datetime, now: datetime) -> list[Firing]:
    """Store firings and the messages that they owe. An alert fires once a minute: an edit within
    the minute makes no second message."""
    by_pk = {each.alert.pk: each for each in founds}
    fired = Firing.objects.filter(alert__in=by_pk, at=at).values_list("alert_id", flat=True)
    for pk in list(fired) if by_pk else []:
        del by_pk[pk]
    notes = version_notes.of([each.alert for each in by_pk.values()], at)
    made = [_firing(each, at, now, notes) for each in by_pk.values()]
    return Firing.objects.bulk_create(made)


def _firing(outcome: Found, at: datetime, now: datetime, notes: dict[int, str]) -> Firing:
    alert, reading = outcome.alert, outcome.reading
    assert reading is not None, "only a reading fires"
    assert reading.value is not None, "and only one with a value"
    return Firing(
        project_id=alert.project_id,
        alert=alert,
        at=at,
        metric=alert.metric,
        label=alert.label,
        comparison=alert.comparison,
        operator=alert.operator,
        threshold=alert.threshold,
        window=alert.window,
        value=reading.value,
        baseline=reading.baseline,
        change_pct=reading.change_pct,
        labels=reading.labels,
        labels_before=reading.labels_before,
        version_note=notes.get(alert.pk, ""),
        created_at=now,
    )
