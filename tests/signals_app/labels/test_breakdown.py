from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.time_range.windows import Window
from signals_app.definition.starters import BY_KEY
from signals_app.labels.breakdown import Count, segments, trend, watched
from signals_app.models import SignalVersion

START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def version_of(key: str) -> SignalVersion:
    template = BY_KEY[key]
    return SignalVersion(type=template.type, labels=[dict(label) for label in template.labels])


def count(label: str, n: int, hour: int = 0, outcome: str = "labelled") -> Count:
    return Count(1, START + hour * HOUR, outcome, label, n)


def test_segments_stand_in_the_order_of_the_version() -> None:
    found = segments(version_of("sentiment"), [count("negative", 2), count("positive", 1)])
    assert [(segment.name, segment.n) for segment in found] == [
        ("positive", 1),
        ("neutral", 0),
        ("negative", 2),
    ]


def test_what_is_not_a_label_is_in_no_segment() -> None:
    found = segments(version_of("nsfw"), [count("", 9, outcome="failed"), count("true", 1)])
    assert sum(segment.n for segment in found) == 1


@pytest.mark.parametrize(
    ("key", "names"),
    [
        pytest.param("nsfw", {"true"}, id="true of a binary one"),
        pytest.param("task_outcome", {"failed", "abandoned"}, id="all that is negative"),
    ],
)
def test_what_a_trend_follows(key: str, names: set[str]) -> None:
    assert watched(version_of(key))[1] == names


def test_without_a_negative_label_a_trend_follows_the_first() -> None:
    labels = [{"name": "praise", "sentiment": "positive"}, {"name": "bag", "sentiment": "neutral"}]
    assert watched(SignalVersion(type="string", labels=labels)) == ("praise", {"praise"})


def test_a_trend_is_a_share_with_gaps_where_nothing_was_labelled() -> None:
    window = Window(START, START + 3 * HOUR, HOUR)
    counts = [count("true", 1), count("false", 3), count("false", 5, hour=2)]
    found = trend(version_of("nsfw"), counts, window)
    assert found.shares == [0.25, None, 0.0]
    assert found.text == "share of true over the last 7 days: from 25.0 % to 0 %"
