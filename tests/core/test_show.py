"""Template filters and tags."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from core.templatetags import show
from core.ui.tones import Segment


def drawn(text: str, **context: object) -> str:
    return Template(text).render(Context(context))


def test_what_is_unknown_is_a_dash_with_its_reason() -> None:
    page = drawn('{{ cost|usd|dash:"the model has no price" }}', cost=None)
    assert "—" in page
    assert 'title="the model has no price"' in page
    assert drawn('{{ cost|usd|dash:"no price" }}', cost=0) == "$0"


@pytest.mark.parametrize("name", ["number", "tokens", "tile", "usd", "duration", "ago", "exact"])
def test_no_filter_shows_zero_for_the_unknown(name: str) -> None:
    assert drawn(f"{{{{ x|{name} }}}}", x=None) == "—"


def test_a_share_carries_its_count_and_looks_pale_when_few() -> None:
    assert drawn("{{ 46|share:371 }}") == "12.4 % of 371"
    assert drawn("{{ 2|share:29 }}") == '<span class="few">6.9 % of 29, few</span>'
    assert drawn("{{ 0|share:0 }}") == "—"


def test_a_tile_has_the_full_number_on_hover() -> None:
    assert drawn("{{ 12345|tile }}") == '<span title="12,345">12.3k</span>'
    assert drawn("{{ 123|tile }}") == "123"


def test_a_time_is_relative_with_the_exact_one_in_the_viewers_zone() -> None:
    moment = timezone.now() - timedelta(minutes=5)
    with timezone.override("Asia/Tokyo"):
        page = drawn("{{ moment|ago }}", moment=moment)
    assert "5 min ago" in page
    assert "JST" in page


def test_durations_take_milliseconds_and_timedeltas() -> None:
    assert drawn("{{ x|duration }}", x=1500) == "1.5 s"
    assert drawn("{{ x|duration }}", x=timedelta(seconds=1.5)) == "1.5 s"


def test_a_bar_fills_its_width_and_says_its_numbers() -> None:
    segments = [Segment("a<b", "label-1", 999), Segment("b", "label-2", 1), Segment("c", "x", 0)]
    svg = ElementTree.fromstring(show.stacked_bar(segments))
    assert svg.get("aria-label") == "a<b 99.9 %, b 0.1 % of 1,000"
    parts = [part for part in svg if part.tag == "rect"]
    assert len(parts) == 2
    last = parts[-1]
    assert float(last.get("x", 0)) + float(last.get("width", 0)) == pytest.approx(120, abs=0.2)
    assert all(float(part.get("width", 0)) > 1 for part in parts)


def test_a_sparkline_breaks_at_gaps_and_stays_in_its_box() -> None:
    svg = ElementTree.fromstring(show.sparkline([0.1, 0.4, None, 0.2], "from 10 % to 20 %"))
    lines = [part for part in svg if part.tag == "polyline"]
    assert len(lines) == 2
    spots = [spot.split(",") for line in lines for spot in line.get("points", "").split()]
    assert all(0 <= float(x) <= 96 and 0 <= float(y) <= 24 for x, y in spots)
    assert svg.get("aria-label") == "from 10 % to 20 %"


def test_a_sparkline_of_zeros_lies_on_the_ground() -> None:
    assert "22.0" in show.sparkline([0.0, 0.0], "nothing bad")


def test_nothing_to_draw_is_said_in_words() -> None:
    assert "no labels yet" in show.sparkline([None, None], "")
    assert "no labels yet" in show.stacked_bar([])
