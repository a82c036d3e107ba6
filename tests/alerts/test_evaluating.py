"""The pass of every minute, on a real database: what fires, what sleeps, what stays untouched."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from alerts.decision import decide
from alerts.evaluation import evaluating, window_counts
from alerts.evaluation.evaluating import Evaluated, evaluate_all
from alerts.models import Alert, Delivery, Firing
from core.background import locks
from core.background.locks import AdvisoryLock
from signals_app.definition import states, versions
from signals_app.models import Signal
from tests.alerts.watched import alert_of, count, signal_since
from tests.signals_app.labelled import label

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
Standing = Alert.Standing


@pytest.fixture
def signal(db: None) -> Signal:
    return signal_since(NOON - 9 * DAY)


def at(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def look(minutes: float) -> Evaluated:
    """The pass that sees the minute so many after noon."""
    return evaluate_all(at(minutes) + timedelta(seconds=15))


def rise(signal: Signal) -> None:
    """10 % true in the five minutes before noon, 40 % in the five after."""
    count(signal, [(at(-3), "true", 1), (at(-3), "false", 9), (at(1), "true", 4)])
    count(signal, [(at(1), "false", 6)])


def volume(signal: Signal, **changes: Any) -> Alert:
    given = {"metric": "label_volume", "comparison": "absolute", "threshold": 10.0}
    return alert_of(signal, **(given | changes))


def fired() -> list[datetime]:
    return list(Firing.objects.order_by("at").values_list("at", flat=True))


def test_a_rise_fires_with_its_numbers_and_is_owed(signal: Signal) -> None:
    rise(signal)
    alert = alert_of(signal)
    assert look(5) == Evaluated(at(5), alerts=1, fired=1)
    firing = Firing.objects.get()
    assert (firing.at, firing.value, firing.baseline) == (at(5), 0.4, 0.1)
    assert firing.change_pct == pytest.approx(300)
    assert (firing.labels, firing.labels_before) == (10, 10)
    assert (firing.metric, firing.threshold, firing.window) == ("true_rate", 20, "5m")
    alert.refresh_from_db()
    assert (alert.standing, alert.evaluated_at) == (Standing.MET, at(5))
    assert (alert.value, alert.baseline, alert.labels) == (0.4, 0.1, 10)
    assert alert.met_at == alert.fired_at == at(5)


def test_it_looks_at_the_newest_minute_whose_labels_are_all_there(signal: Signal) -> None:
    alert_of(signal)
    assert evaluate_all(at(5) + timedelta(seconds=9)).at == at(4)
    assert evaluate_all(at(5) + timedelta(seconds=10)).at == at(5)


def test_a_minute_is_evaluated_once(signal: Signal) -> None:
    rise(signal)
    alert_of(signal)
    assert [look(5).fired, look(5.5).alerts, look(4).alerts] == [1, 0, 0]
    assert len(fired()) == 1


def test_labels_of_manual_runs_never_fire(signal: Signal) -> None:
    volume(signal)
    count(signal, [(at(1), "true", 500)], source="run")
    look(5)
    assert Alert.objects.get().value == 0
    assert fired() == []


@pytest.mark.parametrize("metric", ["label_volume", "value_count"])
@pytest.mark.parametrize("operator", ["gte", "lte"])
def test_a_new_version_with_another_rate_never_fires_a_count_by_itself(
    signal: Signal, metric: str, operator: str
) -> None:
    threshold = 5.0 if operator == "gte" else -5.0
    name = "true" if metric == "value_count" else ""
    volume(
        signal, metric=metric, label=name, comparison="pct_change", operator=operator,
        threshold=threshold,
    )  # fmt: skip
    count(signal, [(at(n), "true", 20) for n in range(-10, 6)])
    live = signal.live_version
    assert live is not None
    versions.add(signal, type=live.type, prompt="?", labels=live.labels, sample_rate=0.1)
    count(signal, [(at(n), "true", 2) for n in range(6, 20)])
    for minute in range(1, 20):
        look(minute)
        assert Alert.objects.get().standing == Standing.NOT_MET
    assert fired() == []


@pytest.mark.parametrize(("operator", "threshold"), [("gte", 30.0), ("lte", -30.0)])
@pytest.mark.parametrize("metric", ["label_volume", "value_count", "true_rate"])
def test_a_rate_that_a_budget_lowers_or_raises_again_fires_nothing_by_itself(
    signal: Signal, metric: str, operator: str, threshold: float
) -> None:
    for minute in range(-20, 20):
        rate = 0.25 if 0 <= minute < 6 else 1.0
        given = [(at(minute), "true", int(20 * rate)), (at(minute), "false", int(60 * rate))]
        count(signal, given, sample_rate=rate)
    named = "true" if metric == "value_count" else ""
    alert = alert_of(signal, metric=metric, label=named, operator=operator, threshold=threshold)
    for minute in range(-1, 15):
        look(minute)
        alert.refresh_from_db()
        assert alert.standing == Standing.NOT_MET
        assert alert.value == pytest.approx(alert.baseline)
    assert fired() == []


def test_a_firing_says_which_version_began_where(signal: Signal) -> None:
    rise(signal)
    live = signal.live_version
    assert live is not None
    for began_at in (at(-2), at(3)):
        made = versions.add(signal, type=live.type, prompt="?", labels=live.labels, sample_rate=1)
        type(made).objects.filter(pk=made.pk).update(created_at=began_at)
    alert_of(signal)
    look(5)
    assert Firing.objects.get().version_note == (
        "Version 2 began at 11:58 UTC inside the window before."
        " Version 3 began at 12:03 UTC inside the window."
    )


def test_an_alert_sleeps_with_its_signal_and_says_so(signal: Signal) -> None:
    alert = volume(signal, operator="lte", threshold=0.0)
    states.pause(signal, None, at(3))
    look(5)
    alert.refresh_from_db()
    assert (alert.standing, alert.standing_reason) == (Standing.ASLEEP, "The signal is paused.")
    assert (alert.evaluated_at, alert.value, fired()) == (at(5), None, [])
    states.resume(signal, None, at(6))
    look(8)
    alert.refresh_from_db()
    assert alert.standing == Standing.NOT_EVALUABLE
    assert alert.standing_reason == "The signal was not active for the whole window."
    look(11)
    assert fired() == [at(11)]


def test_a_label_that_is_gone_needs_an_edit(signal: Signal) -> None:
    rate = alert_of(signal)
    counted = volume(signal, metric="value_count", label="true")
    names = ("fine", "bad")
    labels = [{"name": name, "sentiment": "positive", "meaning": ""} for name in names]
    versions.add(signal, type="string", prompt="?", labels=labels, sample_rate=1)
    count(signal, [(at(1), "fine", 50)])
    look(5)
    rate.refresh_from_db()
    counted.refresh_from_db()
    assert (rate.standing, counted.standing) == (Standing.BROKEN, Standing.BROKEN)
    assert "Version 2 of the signal is not binary" in rate.standing_reason
    assert counted.standing_reason == "Version 2 of the signal has no label “true” to watch."
    assert fired() == []


def test_what_cannot_be_said_is_said_to_be_so(signal: Signal) -> None:
    alert = alert_of(signal, min_labels=20)
    rise(signal)
    look(5)
    alert.refresh_from_db()
    assert alert.standing == Standing.NOT_EVALUABLE
    assert alert.standing_reason == "Fewer labels in the window than the alert asks for."
    assert (alert.value, alert.labels) == (0.4, 10)


def test_what_the_guard_holds_back_is_kept_as_held(signal: Signal) -> None:
    alert = alert_of(signal, guard=True)
    count(signal, [(at(-3), "true", 5), (at(-3), "false", 45)])
    count(signal, [(at(1), "true", 8), (at(1), "false", 42)])
    look(5)
    alert.refresh_from_db()
    assert (alert.standing, fired()) == (Standing.HELD, [])
    assert "chance alone" in alert.standing_reason


def test_an_outage_is_looked_at_once_as_the_present(signal: Signal) -> None:
    volume(signal)
    count(signal, [(at(n), "true", 12) for n in range(0, 300, 10)])
    look(1)
    assert fired() == [at(1)]
    assert look(291) == Evaluated(at(291), alerts=1, fired=1)
    assert fired() == [at(1), at(291)]


def test_the_cooldown_suppresses_and_then_says_it_again(signal: Signal) -> None:
    volume(signal, cooldown_min=15)
    count(signal, [(at(n), "true", 12) for n in range(40)])
    for minute in range(1, 40):
        look(minute)
    assert fired() == [at(1), at(16), at(31)]


def test_alerts_that_are_off_are_not_looked_at(signal: Signal) -> None:
    rise(signal)
    alert_of(signal, state="paused")
    alert_of(signal, state="archived")
    assert look(5) == Evaluated(at(5))
    assert set(Alert.objects.values_list("evaluated_at", flat=True)) == {None}


def test_one_that_raises_stops_no_other(
    signal: Signal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rise(signal)
    bad, good = alert_of(signal, threshold=21.0), alert_of(signal)
    real = decide.read

    def read(rule: Any, seen: Any) -> Any:
        if rule.threshold == 21.0:
            raise ZeroDivisionError
        return real(rule, seen)

    monkeypatch.setattr(evaluating, "read", read)
    assert look(5) == Evaluated(at(5), alerts=2, fired=1)
    bad.refresh_from_db()
    assert bad.standing == Standing.BROKEN
    assert "ZeroDivisionError" in bad.standing_reason
    assert Firing.objects.get().alert == good
    assert f"alert {bad.pk} could not be evaluated" in caplog.text


def test_a_row_that_makes_no_sense_stops_no_other(signal: Signal) -> None:
    rise(signal)
    alert_of(signal)
    Alert.objects.filter(pk=alert_of(signal).pk).update(window="7m")
    assert look(5) == Evaluated(at(5), alerts=2, fired=1)
    assert sorted(Alert.objects.values_list("standing", flat=True)) == ["broken", "met"]


def test_a_pass_takes_the_same_queries_for_one_alert_and_for_many(
    signal: Signal, django_assert_max_num_queries: Any
) -> None:
    for index in range(20):
        other = signal_since(NOON - 9 * DAY)
        rise(other)
        alert_of(other, window=("5m", "1h", "48h")[index % 3], metric="true_rate")
    with django_assert_max_num_queries(14):
        assert look(5).alerts == 20


def test_an_edit_within_the_minute_makes_no_second_message(signal: Signal) -> None:
    rise(signal)
    alert = alert_of(signal)
    look(5)
    Alert.objects.filter(pk=alert.pk).update(
        threshold=30.0, standing="new", evaluated_at=None, met_at=None, fired_at=None
    )
    look(5)
    assert fired() == [at(5)]


def meanwhile(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Somebody changes all alerts after the pass has read them, in a transaction of her own."""
    real = window_counts.answers

    def answers(asked: Any) -> Any:
        found = real(asked)
        thread = threading.Thread(target=elsewhere, args=[changes])
        thread.start()
        thread.join()
        return found

    monkeypatch.setattr(window_counts, "answers", answers)


def elsewhere(changes: dict[str, Any]) -> None:
    Alert.objects.update(**changes)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_an_edit_during_the_pass_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    signal = signal_since(NOON - 9 * DAY)
    rise(signal)
    alert = alert_of(signal)
    with monkeypatch.context() as patch:
        meanwhile(patch, threshold=900.0)
        assert look(5) == Evaluated(at(5))
    alert.refresh_from_db()
    assert (alert.standing, alert.evaluated_at, alert.met_at) == (Standing.NEW, None, None)
    look(6)
    alert.refresh_from_db()
    assert (alert.standing, fired()) == (Standing.NOT_MET, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["paused", "archived"])
def test_an_alert_that_is_stopped_during_the_pass_does_not_fire(
    monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    signal = signal_since(NOON - 9 * DAY)
    rise(signal)
    alert_of(signal)
    meanwhile(monkeypatch, state=state)
    assert look(5) == Evaluated(at(5))
    assert fired() == []


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_one_who_edits_and_does_not_finish() -> None:
    signal = signal_since(NOON - 9 * DAY)
    rise(signal)
    edited, other = alert_of(signal), alert_of(signal)
    with transaction.atomic():
        Alert.objects.filter(pk=edited.pk).update(name="Held")
        evaluateds: list[Evaluated] = []
        thread = threading.Thread(target=lambda: evaluateds.append(pass_elsewhere(5)))
        thread.start()
        thread.join(10)
        assert [each.alerts for each in evaluateds] == [1]
    assert Firing.objects.get().alert == other


@pytest.mark.django_db(transaction=True)
def test_two_passes_at_once_fire_once() -> None:
    signal = signal_since(NOON - 9 * DAY)
    rise(signal)
    for _ in range(20):
        alert_of(signal)
    evaluateds: list[Evaluated] = []
    barrier = threading.Barrier(4)

    def run() -> None:
        barrier.wait()
        evaluateds.append(pass_elsewhere(5))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(each.fired for each in evaluateds) == len(fired()) == 20


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_another_looks_leaves_at_once() -> None:
    signal = signal_since(NOON - 9 * DAY)
    rise(signal)
    alert_of(signal)
    evaluateds: list[Evaluated] = []
    with transaction.atomic(), connection.cursor() as cursor:
        locks.wait_for(cursor, AdvisoryLock.ALERTS)
        thread = threading.Thread(target=lambda: evaluateds.append(pass_elsewhere(5)))
        thread.start()
        thread.join(10)
        assert evaluateds == [Evaluated(at(5))]
    assert look(5).fired == 1


def pass_elsewhere(minutes: float) -> Evaluated:
    try:
        return look(minutes)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_pass_that_breaks_off_leaves_nothing_half(monkeypatch: pytest.MonkeyPatch) -> None:
    signal = signal_since(NOON - 9 * DAY)
    rise(signal)
    alert = alert_of(signal)

    def owe(firings: Any, now: datetime) -> int:
        raise RuntimeError("the outbox is not there")

    with monkeypatch.context() as patch:
        patch.setattr(evaluating, "owe", owe)
        with pytest.raises(RuntimeError):
            look(5)
    alert.refresh_from_db()
    assert (fired(), alert.evaluated_at, alert.met_at) == ([], None, None)
    assert look(5).fired == 1


def test_real_labels_of_now_fire(db: None) -> None:
    """The whole way once, with classifications and the clock of the machine."""
    now = timezone.now()
    signal = signal_since(now - DAY)
    label(signal, "true", 12, at=now - 2 * MINUTE)
    volume(signal)
    assert evaluate_all(now).fired == 1
    assert Delivery.objects.count() <= 1
