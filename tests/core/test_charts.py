from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.ui import charts
from core.ui.tones import Segment

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
BUCKETS = [START, START + timedelta(hours=1)]


def bars(name: str = "true") -> charts.Figure:
    series = [charts.Series(name, "negative-1", [1, 2])]
    mark = charts.Mark(START, "v2")
    return charts.stacked_bars(series, BUCKETS, [False, True], ZoneInfo("Europe/Berlin"), [mark])


def test_times_are_the_wall_clock_of_the_viewer() -> None:
    assert bars()["data"][0]["x"] == ["2026-06-01 14:00:00", "2026-06-01 15:00:00"]


def test_the_bucket_that_is_still_filling_is_hatched() -> None:
    assert bars()["data"][0]["marker"]["pattern"]["shape"] == ["", "/"]


def test_a_name_cannot_carry_markup_into_the_chart() -> None:
    assert bars('<a href="x">y</a>')["data"][0]["name"] == "&lt;a href=&quot;x&quot;&gt;y&lt;/a&gt;"


def test_a_figure_is_small_and_plain() -> None:
    text = json.dumps(bars())
    assert "template" not in text.replace("hovertemplate", "")
    assert len(text) < 3000


def test_a_mark_is_a_thin_line_with_its_words() -> None:
    layout = bars()["layout"]
    assert layout["shapes"][0]["line"]["width"] == 1
    assert layout["annotations"][0]["text"] == "v2"


def test_a_donut_leaves_out_what_is_empty_and_keeps_the_order() -> None:
    figure = charts.donut([Segment("a", "label-1", 2), Segment("b", "label-2", 0)])
    assert figure["data"][0]["labels"] == ["a"]
    assert figure["data"][0]["meta"] == {"tones": ["label-1"]}
    assert figure["data"][0]["sort"] is False


def test_gaps_of_a_line_stay_gaps() -> None:
    series = [charts.Series("p95", "label-1", [1.5, None])]
    figure = charts.lines(series, BUCKETS, ZoneInfo("UTC"), " ms")
    assert figure["data"][0]["y"] == [1.5, None]
    assert figure["data"][0]["connectgaps"] is False
