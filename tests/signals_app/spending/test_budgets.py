"""A budget on the real line: set, lowered by, spent, taken away; and what alerts make of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from alerts.evaluation import evaluating
from alerts.models import Alert, Firing
from signals_app.models import Budget, Classification, JudgeJob, JudgeSpend, RateStep, Signal
from signals_app.queue import queueing
from signals_app.spending import amounts, budgets, judged_times
from signals_app.spending.regulation import Month
from teams.models import Project
from tests.alerts.watched import alert_of, began, count
from tests.signals_app import conversations

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def took(signal: Signal, labels: int, *, at: datetime, cost: float = 0.0) -> None:
    JudgeSpend.objects.update_or_create(
        project_id=signal.project_id, bucket=at, signal_id=signal.pk, source="live",
        kind="labelled", defaults={"n": labels, "priced": labels, "cost_usd": cost},
    )  # fmt: skip


def steps(project: Project) -> list[tuple[datetime, float, str]]:
    rows = RateStep.objects.filter(project=project).order_by("since")
    return list(rows.values_list("since", "factor", "why"))


@pytest.mark.parametrize(
    ("unit", "amount", "field"),
    [
        ("usd", 0.0, "amount"),
        ("usd", -1.0, "amount"),
        ("usd", float("nan"), "amount"),
        ("usd", float("inf"), "amount"),
        ("labels", 10.5, "amount"),
        ("usd", 2e6, "amount"),
        ("eur", 10.0, "unit"),
    ],
)
def test_a_budget_that_is_none_is_refused(
    project: Project, unit: str, amount: float, field: str
) -> None:
    with pytest.raises(ValidationError) as error:
        budgets.set_budget(project, unit, amount, None, NOON)
    assert list(error.value.message_dict) == [field]
    assert budgets.of_project(project, NOON) is None


def test_it_counts_what_the_month_took_and_nothing_of_the_month_before(
    project: Project, signal: Signal
) -> None:
    took(signal, 100, at=datetime(2026, 10, 31, 23, 45, tzinfo=UTC), cost=9.0)
    took(signal, 30, at=datetime(2026, 11, 1, tzinfo=UTC), cost=2.5)
    budgets.set_budget(project, "usd", 10.0, None, NOON)
    standing = budgets.of_project(project, NOON)
    assert standing is not None
    assert (standing.spent, standing.left, standing.factor) == (2.5, 7.5, 1.0)
    budgets.set_budget(project, "labels", 36, None, NOON)
    standing = budgets.of_project(project, NOON)
    assert standing is not None
    assert (standing.spent, standing.is_near, standing.is_spent) == (30, True, False)
    assert Budget.objects.count() == 1


def test_rates_are_lowered_at_once_from_the_next_minute_on(
    project: Project, signal: Signal
) -> None:
    for hours in range(1, 169):
        took(signal, 10, at=NOON - hours * HOUR)
    # 240 labels a day for 19.5 days are 4,680; 1,680 are spent.
    budgets.set_budget(project, "labels", 1680 + 2500, None, NOON)
    assert steps(project) == [(NOON + MINUTE, 0.5, "forecast")]
    assert budgets.regulate(NOON + 5 * MINUTE) == 0
    # Half of the labels now are the same pace at full rates: nothing is lowered twice.
    for quarter in range(1, 48 * 4):
        took(signal, 1, at=NOON + quarter * timedelta(minutes=15))
    for hours in range(1, 48):
        budgets.regulate(NOON + hours * HOUR)
    assert {factor for _, factor, _ in steps(project)} <= {0.5, 0.4, 0.63}


def test_a_spent_budget_stops_judging_and_the_next_month_begins_anew(
    project: Project, signal: Signal
) -> None:
    budgets.set_budget(project, "labels", 50, None, NOON)
    took(signal, 50, at=NOON)
    assert budgets.regulate(NOON + MINUTE) == 1
    assert budgets.regulate(NOON + 2 * MINUTE) == 0
    assert steps(project) == [(NOON + 2 * MINUTE, 0.0, "spent")]
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert budgets.regulate(december) == 1
    assert steps(project)[-1] == (december + MINUTE, 1.0, "month")


def test_without_its_budget_a_project_samples_at_full_rates(
    project: Project, signal: Signal
) -> None:
    took(signal, 50, at=NOON)
    budgets.set_budget(project, "labels", 50, None, NOON)
    assert budgets.remove(project, None, NOON + HOUR)
    assert [factor for _, factor, _ in steps(project)] == [0.0, 1.0]
    assert not budgets.remove(project, None, NOON + HOUR)
    assert budgets.regulate(NOON + 2 * HOUR) == 0


def lower(project: Project, since: datetime, factor: float) -> None:
    RateStep.objects.create(
        project=project, since=since, factor=factor, why="forecast", spent=0, unit="usd"
    )


def queued(of: Project) -> dict[bytes, float]:
    return {job.target.bytes: job.sample_rate for job in JudgeJob.objects.filter(project_id=of.pk)}


def test_a_lower_rate_takes_some_of_the_same_targets_and_says_which_rate() -> None:
    now = timezone.now()
    full, lowered = conversations.project("Full"), conversations.project("Lowered")
    lower(lowered, now - HOUR, 0.25)
    salts = [conversations.signal(each, rate=0.8) for each in (full, lowered)]
    Signal.objects.filter(pk__in=[each.pk for each in salts]).update(salt="same")
    sent = conversations.send_traces(full, 80, now=now)
    conversations.send(lowered, [conversations.span(each, at=now - 30 * MINUTE) for each in sent])
    queueing.settle_and_queue(now + HOUR)
    all_of_them, some = queued(full), queued(lowered)
    assert set(some) < set(all_of_them)
    assert 4 <= len(some) <= 32
    assert set(all_of_them.values()) == {0.8}
    assert set(some.values()) == {0.2}


def test_a_target_is_in_or_out_by_the_moment_in_which_it_began() -> None:
    """Also when it grows on under another factor: else the old label would weigh twice."""
    now = timezone.now()
    project = conversations.project()
    conversations.signal(project)
    lower(project, now - 10 * MINUTE, 0.01)
    ids = [bytes([n]) * 16 for n in range(1, 40)]
    before, after = ids[:20], ids[20:]
    for each in before:
        conversations.send(project, [conversations.span(each, at=now - 11 * MINUTE)])
    for each in after:
        conversations.send(project, [conversations.span(each, at=now - 9 * MINUTE)])
    queueing.settle_and_queue(now + HOUR)
    found = queued(project)
    assert {found[each] for each in before} == {1.0}
    assert len(found) < 25
    JudgeJob.objects.all().delete()
    for each in ids:
        conversations.send(project, [conversations.span(each, at=now)], now + HOUR)
    queueing.settle_and_queue(now + 2 * HOUR)
    assert queued(project) == found


def test_nothing_is_queued_while_the_budget_is_spent() -> None:
    now = timezone.now()
    project = conversations.project()
    conversations.signal(project)
    conversations.send_traces(project, 3, now=now)
    lower(project, now + MINUTE, 0.0)
    queueing.settle_and_queue(now + HOUR)
    assert queued(project) == {}


def test_alerts_do_not_take_a_spent_budget_for_a_fall(signal: Signal) -> None:
    began(signal, NOON - 9 * DAY)
    alert = alert_of(signal, metric="label_volume", operator="lte", threshold=-20.0)
    count(signal, [(NOON + n * MINUTE, "true", 20) for n in range(-30, 0)])
    lower(signal.project, NOON, 0.0)
    lower(signal.project, NOON + 20 * MINUTE, 1.0)
    count(signal, [(NOON + n * MINUTE, "true", 20) for n in range(20, 40)])
    standings = []
    for minute in range(-1, 40):
        evaluating.evaluate_all(NOON + minute * MINUTE + timedelta(seconds=15))
        alert.refresh_from_db()
        standings.append(alert.standing)
    assert not Firing.objects.exists()
    assert standings[0] == Alert.Standing.NOT_MET
    assert standings[10] in (Alert.Standing.NOT_EVALUABLE, Alert.Standing.ASLEEP)
    assert standings[-1] == Alert.Standing.NOT_MET
    found = judged_times.stretches({signal.pk}, NOON - HOUR, NOON + HOUR)[signal.pk]
    assert found == [(NOON - HOUR, NOON), (NOON + 20 * MINUTE, NOON + HOUR)]


@pytest.mark.django_db(transaction=True)
def test_what_is_judged_under_a_lowered_rate_weighs_by_it(
    start_judge: Callable[..., object], run_line: Callable[..., list[Classification]]
) -> None:
    start_judge()
    now = timezone.now()
    project = conversations.project()
    lower(project, now - 10 * HOUR, 0.5)
    conversations.signal(project)
    conversations.send_traces(project, 20, now=now)
    found = run_line()
    assert {each.sample_rate for each in found} == {0.5}
    spent = amounts.spent_in(project.pk, "labels", Month.of(timezone.now()))
    assert spent == len(found)
