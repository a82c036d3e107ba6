"""The waterfall of a trace: where its bars lie, and the page that draws them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from teams.models import Project
from tests.html import html_of
from tests.traces.arrivals import arrive, new_project, span, span_id_of, trace_id_of, turn
from traces.pages.trace.timeline import LEAST_WIDTH, MOST_TICKS, layout
from traces.pages.trace.trace_page import TREE_ROWS
from traces.records import StoredSpan

MS = 1_000_000
START = 1_700_000_000_000 * MS


def stored(start_ms: float, end_ms: float | None) -> StoredSpan:
    end_ns = 0 if end_ms is None else START + int(end_ms * MS)
    return StoredSpan(
        "t", "s", None, "n", "llm", START + int(start_ms * MS), end_ns, False, None, {}
    )


@pytest.mark.parametrize(
    ("begun", "ended", "x", "width"),
    [
        pytest.param(0, 1000, 0, 100, id="the whole"),
        pytest.param(250, 750, 25, 50, id="the middle"),
        pytest.param(1000, 1000, 100 - LEAST_WIDTH, LEAST_WIDTH, id="nothing, at the end"),
        pytest.param(500, 500, 50, LEAST_WIDTH, id="nothing, in the middle"),
        pytest.param(500, None, 50, 50, id="without an end"),
        pytest.param(-500, 500, 0, 50, id="from before the beginning"),
        pytest.param(500, 9000, 50, 50, id="past the end"),
        pytest.param(500, 100, 50, LEAST_WIDTH, id="ended before it began"),
        pytest.param(2000, 3000, 100 - LEAST_WIDTH, LEAST_WIDTH, id="all of it past the end"),
    ],
)
def test_a_bar_lies_where_its_span_did(
    begun: float, ended: float | None, x: float, width: float
) -> None:
    (bar,) = layout([stored(begun, ended)], START, START + 1000 * MS).bars
    assert (bar.x, bar.width) == pytest.approx((x, width), abs=0.011)
    assert bar.x + bar.width <= 100 + 1e-9
    assert bar.is_open == (ended is None)


@pytest.mark.parametrize("length_ms", [0, 0.001, 0.7, 1, 7, 1000, 61_000, 86_400_000])
def test_an_axis_has_a_few_round_ticks(length_ms: float) -> None:
    ticks = layout([], START, START + int(length_ms * MS)).ticks
    assert 1 <= len(ticks) <= MOST_TICKS + 1
    assert ticks[0].x == 0
    assert all(0 <= tick.x <= 100 for tick in ticks)


@pytest.fixture
def project(db: None) -> Project:
    return new_project()


def timeline(client: Client, project: Project, more: str = "") -> str:
    response = client.get(f"/p/{project.slug}/traces/{trace_id_of('t').hex}/?view=timeline{more}")
    assert response.status_code == 200
    return str(html_of(response))


def test_each_span_has_a_bar_that_leads_to_it(reader: Client, project: Project) -> None:
    arrive(project, *turn("t"), span("t", "refund", "root", error="declined"))
    page = timeline(reader, project)
    assert len(re.findall(r'<rect class="bar ', page)) == 3
    assert "bar-error" in page
    assert f"?view=timeline&amp;span={span_id_of('t', 'refund').hex()}" in page
    assert " style=" not in page


def test_a_selected_span_is_marked_and_shown_above(reader: Client, project: Project) -> None:
    arrive(project, *turn("t"))
    chosen = span_id_of("t", "chat").hex()
    page = timeline(reader, project, f"&span={chosen}")
    assert 'id="span"' in page
    assert 'id="timeline"' in page
    marked = re.findall(rf'span={chosen}" aria-current="true"', page)
    assert len(marked) == 2  # in the tree and in the timeline


def test_many_spans_are_drawn_in_parts(reader: Client, project: Project) -> None:
    arrive(project, *turn("t"), *(span("t", str(n), "root") for n in range(TREE_ROWS)))
    page = timeline(reader, project)
    assert len(re.findall(r'<rect class="bar ', page)) == TREE_ROWS
    assert "part=2" in page
    assert len(re.findall(r'<rect class="bar ', timeline(reader, project, "&part=2"))) == 2


def test_it_reads_no_payloads_and_asks_as_often_for_many_spans_as_for_few(
    reader: Client, project: Project
) -> None:
    arrive(project, *turn("t"))
    timeline(reader, project)
    with CaptureQueriesContext(connection) as few:
        timeline(reader, project)
    arrive(project, *(span("t", str(n), "root") for n in range(50)))
    with CaptureQueriesContext(connection) as many:
        timeline(reader, project)
    assert len(many) == len(few)
    assert not any('"payload"' in each["sql"] or "s.payload" in each["sql"] for each in many)


def test_an_unknown_view_is_the_conversation(reader: Client, project: Project) -> None:
    arrive(project, *turn("t"))
    response = reader.get(f"/p/{project.slug}/traces/{trace_id_of('t').hex}/?view=odd")
    assert response.status_code == 200
    assert 'id="conversation"' in html_of(response)


HOSTILE: dict[str, Any] = {"openinference__span__kind": "TOOL"}


def test_hostile_names_stay_text(reader: Client, project: Project) -> None:
    arrive(project, *turn("t"), span("t", '"><script>x</script>', "root", **HOSTILE))
    assert "<script>x" not in timeline(reader, project)
