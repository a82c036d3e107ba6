"""What alerts ask the counts for, against the classifications that were counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.decision.series import Series
from alerts.decision.tally import Part, Tally
from alerts.evaluation import window_counts
from alerts.evaluation.window_counts import Asked, pieces
from signals_app.definition import versions
from signals_app.models import Signal, SignalVersion
from tests.alerts.watched import count, signal_since
from tests.signals_app.labelled import label

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def signal(db: None) -> Signal:
    return signal_since(NOON - 9 * HOUR)


def again(signal: Signal, sample_rate: float) -> SignalVersion:
    live = signal.live_version
    assert live is not None
    return versions.add(
        signal, type=live.type, prompt="Again?", labels=live.labels, sample_rate=sample_rate
    )


def tally(signal: Signal, start: datetime, end: datetime, watched: str = "true") -> Tally:
    asked = Asked(signal.project_id, signal.pk, start, end)
    return Tally.of(answer.watching(watched) for answer in window_counts.answers([asked])[asked])


def test_a_window_counts_labels_from_its_first_minute_to_before_its_last(signal: Signal) -> None:
    for at in (NOON - HOUR - MINUTE, NOON - HOUR, NOON - MINUTE, NOON):
        label(signal, "true", at=at + timedelta(seconds=30))
    assert tally(signal, NOON - HOUR, NOON).hits == 2


def test_runs_failures_and_other_signals_do_not_count(signal: Signal) -> None:
    label(signal, "true", at=NOON)
    label(signal, "true", at=NOON, source="run")
    label(signal, None, at=NOON)
    other = signal_since(NOON)
    label(other, "true", at=NOON)
    assert (tally(signal, NOON, NOON + MINUTE).labels, Series()) == (1, Series())
    found = window_counts.series(signal, "true", NOON, NOON + MINUTE)
    assert found.tally(NOON, NOON + MINUTE).labels == 1


def test_a_revision_that_pushed_out_another_counts_where_the_newer_was_given(
    signal: Signal,
) -> None:
    first = label(signal, "true", at=NOON, is_current=False)[0]
    label(signal, "false", at=NOON + HOUR, target=first.target, revision=2)
    assert tally(signal, NOON - HOUR, NOON + HOUR).labels == 0
    assert tally(signal, NOON + HOUR, NOON + 2 * HOUR).labels == 1


def test_labels_of_two_versions_are_parts_with_their_own_rates(signal: Signal) -> None:
    first = signal.live_version
    label(signal, "true", 3, at=NOON)
    second = again(signal, 0.25)
    label(signal, "false", 2, at=NOON)
    assert first is not None
    expected = Tally.of([Part(first.pk, first.sample_rate, 3, 3), Part(second.pk, 0.25, 2, 0)])
    assert tally(signal, NOON - MINUTE, NOON + MINUTE) == expected


def test_labels_of_one_version_are_parts_by_the_rate_that_a_budget_lowered(
    signal: Signal,
) -> None:
    live = signal.live_version
    assert live is not None
    for rate, n in ((0.5, 4), (0.25, 2)):
        label(signal, "true", n, at=NOON, sample_rate=rate)
    expected = Tally.of([Part(live.pk, 0.5, 4, 4), Part(live.pk, 0.25, 2, 2)])
    for watched in (
        tally(signal, NOON - HOUR, NOON + HOUR),
        tally(signal, NOON - MINUTE, NOON + MINUTE),
    ):
        assert watched == expected
        assert watched.volume == 16
    found = window_counts.series(signal, "true", NOON - MINUTE, NOON + MINUTE)
    assert found.tally(NOON - MINUTE, NOON + MINUTE) == expected


def test_a_window_without_labels_is_empty_and_asking_for_none_asks_nothing(
    signal: Signal,
) -> None:
    assert tally(signal, NOON, NOON + HOUR) == Tally()
    assert window_counts.answers([]) == {}


def test_a_version_without_the_label_is_known_not_to_know_it(signal: Signal) -> None:
    count(signal, [(NOON, "true", 4)])
    asked = Asked(signal.project_id, signal.pk, NOON, NOON + MINUTE)
    one = window_counts.answers([asked])[asked][0]
    assert (one.watching("true").knows, one.watching("maybe").knows) == (True, False)
    found = window_counts.series(signal, "maybe", NOON, NOON + MINUTE)
    assert found.tally(NOON, NOON + MINUTE) == Tally.of([one.watching("maybe")])


def test_many_windows_of_many_signals_take_one_statement(
    signal: Signal, django_assert_num_queries: object
) -> None:
    others = [signal, signal_since(NOON)]
    asked = [
        Asked(other.project_id, other.pk, NOON - n * HOUR, NOON)
        for other in others
        for n in range(1, 49)
    ]
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert len(window_counts.answers(asked)) == 96


@given(st.integers(0, 5000), st.integers(1, 3000))
def test_the_pieces_of_a_window_cover_it_exactly_once(first: int, minutes: int) -> None:
    start = NOON + first * MINUTE
    found = sorted(pieces(start, start + minutes * MINUTE), key=lambda piece: piece[1])
    assert found[0][1] == start
    assert found[-1][2] == start + minutes * MINUTE
    assert all(left[2] == right[1] for left, right in pairwise(found))
    for grain, begin, end in found:
        if grain == "h":
            assert begin.minute == end.minute == 0
        else:
            assert end - begin < 2 * HOUR


Row = tuple[int, int, str, str, str]


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(
    rates=st.lists(st.sampled_from([0.01, 0.1, 0.25, 0.5, 1.0]), min_size=1, max_size=3),
    rows=st.lists(
        st.tuples(
            st.integers(0, 6 * 60 * 60 - 1),  # the second at which it was given
            st.integers(0, 2),  # the version
            st.sampled_from(["true", "false"]),
            st.sampled_from(["live", "live", "run"]),
            st.sampled_from(["labelled", "labelled", "failed"]),
        ),
        max_size=60,
    ),
    cuts=st.lists(st.tuples(st.integers(0, 360), st.integers(1, 360)), min_size=1, max_size=6),
    watched=st.sampled_from(["true", "false", ""]),
)
def test_any_window_equals_a_recount_of_the_classifications(
    rates: list[float], rows: list[Row], cuts: list[tuple[int, int]], watched: str
) -> None:
    """The brute force: every row of the window, one by one."""
    signal = signal_since(NOON, sample_rate=rates[0])
    made = [signal.live_version, *(again(signal, rate) for rate in rates[1:])]
    kept = [row for row in rows if row[1] < len(rates)]
    for second, index, name, source, outcome in kept:
        version = made[index]
        assert version is not None
        at = NOON + timedelta(seconds=second)
        change = {"version_id": version.pk, "source": source, "outcome": outcome}
        change["sample_rate"] = lowered(second) * version.sample_rate
        count(signal, [(at, name if outcome == "labelled" else "", 1)], **change)
    spans = [(NOON + a * MINUTE, NOON + (a + b) * MINUTE) for a, b in cuts]
    asked = [Asked(signal.project_id, signal.pk, *span) for span in spans]
    live = window_counts.answers(asked)
    past = window_counts.series(signal, watched, NOON, NOON + 12 * HOUR)
    for one in asked:
        expected = brute_force(kept, made, one.start, one.end, watched)
        assert Tally.of(each.watching(watched) for each in live[one]) == expected
        assert past.tally(one.start, one.end) == expected


def lowered(second: int) -> float:
    """As if a budget had lowered the rate of some of the targets."""
    return 0.5 if second % 3 == 0 else 1.0


def brute_force(
    rows: list[Row],
    made: list[SignalVersion | None],
    start: datetime,
    end: datetime,
    watched: str,
) -> Tally:
    parts: list[Part] = []
    for index, version in enumerate(made):
        assert version is not None
        for factor in (0.5, 1.0):
            given_names = [
                name
                for second, of, name, source, outcome in rows
                if of == index and source == "live" and outcome == "labelled"
                if start <= NOON + timedelta(seconds=second) < end and lowered(second) == factor
            ]
            hits = sum(name == watched for name in given_names)
            knows = watched in {"true", "false", ""}
            rate = version.sample_rate * factor
            parts.append(Part(version.pk, rate, len(given_names), hits, knows))
    return Tally.of(parts)
