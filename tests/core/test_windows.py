from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from core.time_range.form import WindowForm
from core.time_range.windows import MOST_BUCKETS, PRESETS, Window, ceil, floor, step_for

NOW = datetime(2026, 6, 1, 12, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_holds_now_in_its_last_bucket_and_is_as_long_as_it_says(name: str) -> None:
    window = Window.last(PRESETS[name], NOW)
    assert window.end - window.start == PRESETS[name]
    assert window.buckets[-1] <= NOW < window.end
    assert len(window.buckets) <= MOST_BUCKETS


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [("0001-01-01T00:00", "0001-01-01T01:00", "since"),
     ("9999-12-01T00:00", "9999-12-31T23:59", "until")],
    ids=["the first hour that there is", "the last minute that there is"],
)  # fmt: skip
def test_a_range_stays_away_from_where_time_ends(since: str, until: str, field: str) -> None:
    """Widened to whole buckets, or by what an alert compares with, it would overflow."""
    form = WindowForm({"range": "custom", "since": since, "until": until})
    assert "A year from 1900 to 2500." in form.errors[field]
    assert form.window(NOW) == Window.last(PRESETS["24h"], NOW)


def test_only_the_last_bucket_of_a_preset_is_still_filling() -> None:
    assert Window.last(PRESETS["24h"], NOW).filling(NOW) == [False] * 47 + [True]


def test_buckets_begin_at_whole_steps() -> None:
    window = Window.last(PRESETS["24h"], NOW)
    assert window.step == timedelta(minutes=30)
    assert {bucket.minute for bucket in window.buckets} == {0, 30}


def test_a_window_over_two_moments_holds_both() -> None:
    window = Window.covering(NOW - timedelta(hours=5), NOW)
    assert window.start <= NOW - timedelta(hours=5)
    assert window.end >= NOW
    assert (window.end - window.start) % window.step == timedelta(0)


def test_gaps_are_filled() -> None:
    window = Window(NOW, NOW + timedelta(hours=3), timedelta(hours=1))
    assert window.fill({NOW + timedelta(hours=1): 5}, 0) == [0, 5, 0]


def test_the_longest_range_still_has_few_buckets() -> None:
    assert step_for(timedelta(days=400)) == timedelta(days=7)


def test_floor_and_ceil_leave_a_whole_step_alone() -> None:
    whole = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert floor(whole, timedelta(hours=3)) == ceil(whole, timedelta(hours=3)) == whole
    assert ceil(NOW, timedelta(hours=1)) - floor(NOW, timedelta(hours=1)) == timedelta(hours=1)


def form_of(**given: str) -> WindowForm:
    data = QueryDict(mutable=True)
    data.update(given)
    return WindowForm(data)


def test_nothing_given_means_the_default() -> None:
    form = form_of()
    assert form.chosen == "24h"
    assert form.window(NOW) == Window.last(PRESETS["24h"], NOW)


def test_a_custom_range_is_read_in_the_viewers_zone() -> None:
    with timezone.override("Europe/Berlin"):
        form = form_of(range="custom", since="2026-05-01T10:00", until="2026-05-01T11:00")
        window = form.window(NOW)
    assert window.start == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert window.end == datetime(2026, 5, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        pytest.param({"range": "2w"}, "range", "valid choice", id="an unknown preset"),
        pytest.param({"range": "custom"}, "since", "Say when", id="a custom one without start"),
        pytest.param(
            {"range": "custom", "since": "2026-05-02T00:00", "until": "2026-05-01T00:00"},
            "until",
            "after the beginning",
            id="ends before it begins",
        ),
        pytest.param(
            {"range": "custom", "since": "1999-01-01T00:00", "until": "2026-01-01T00:00"},
            "since",
            "at most 400 days",
            id="too long",
        ),
        pytest.param({"range": "custom", "since": "x"}, "since", "valid date", id="no date"),
    ],
)
def test_a_bad_range_falls_back_to_the_default_and_says_why(
    given: dict[str, Any], field: str, sentence: str
) -> None:
    form = form_of(**given)
    assert form.window(NOW) == Window.last(PRESETS["24h"], NOW)
    assert sentence in str(form.errors[field])
