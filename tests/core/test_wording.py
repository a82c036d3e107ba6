from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.ui import wording

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (12345, "12,345"), (2.5, "2.5"), (2.0, "2"), (1234.567, "1,234.57")],
)
def test_numbers_have_separators(value: float, text: str) -> None:
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9999, "9,999"),
        (12345, "12.3k"),
        (999_499, "999k"),
        (999_999, "1M"),
        (4_560_000, "4.56M"),
        (2_000_000_000, "2G"),
    ],
)
def test_tiles_shorten_from_ten_thousand_on(value: int, text: str) -> None:
    assert wording.short_number(value) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        pytest.param(46, 371, "12.4 %", id="a share"),
        pytest.param(0, 371, "0 %", id="none"),
        pytest.param(371, 371, "100 %", id="all"),
        pytest.param(1, 100_000, "0.1 %", id="nearly none is not none"),
        pytest.param(99_999, 100_000, "99.9 %", id="nearly all is not all"),
    ],
)
def test_shares(part: int, whole: int, text: str) -> None:
    assert wording.percent(part, whole) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "$0"),
        (0.00001, "under $0.0001"),
        (0.0123, "$0.0123"),
        (0.5, "$0.50"),
        (0.006, "$0.0060"),
        (12.345, "$12.35"),
        (1234, "$1,234.00"),
    ],
)
def test_money(value: float, text: str) -> None:
    assert wording.usd(value) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (3.2, "3 ms"),
        (1500, "1.5 s"),
        (59_960, "1 min"),
        (65_000, "1 min 5 s"),
        (3_600_000, "1 h"),
        (3_900_000, "1 h 5 min"),
        (3 * 86_400_000, "3 d"),
    ],
)
def test_durations(milliseconds: float, text: str) -> None:
    assert wording.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("distance", "text"),
    [
        (timedelta(seconds=2), "just now"),
        (timedelta(seconds=50), "50 s ago"),
        (timedelta(minutes=5, seconds=40), "5 min ago"),
        (timedelta(hours=30), "1 d ago"),
        (timedelta(hours=-2), "in 2 h"),
    ],
)
def test_relative_times(distance: timedelta, text: str) -> None:
    assert wording.ago(NOW - distance, NOW) == text


@pytest.mark.parametrize(("seconds", "text"), [(30, "30 s"), (90, "1 min 30 s"), (600, "10 min")])
def test_a_chosen_length_has_no_digits_of_a_measured_one(seconds: int, text: str) -> None:
    assert wording.whole_seconds(seconds) == text


def test_an_exact_time_names_its_zone() -> None:
    assert wording.exact(NOW) == "Mon 1 Jun 2026, 12:00:00 UTC"
