"""Traces that are too old, or whose clock is off, are moved as a whole and say so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teams.models import Project
from tests.traces.arrivals import arrive, member, new_project, turn
from tests.traces.making import NOW, a_project, send, settle, span, the_trace
from traces.models import Span, SpanFlag
from traces.records import SpanRecord

pytestmark = pytest.mark.django_db

DAY_S = 86_400
#: Seconds from the 60 before NOW at which such a trace begins.
OFF = [
    pytest.param(-500 * DAY_S, id="500 days old"),
    pytest.param(-5_000 * DAY_S, id="13 years old"),
    pytest.param(40 * DAY_S, id="40 days ahead"),
]


def old(began_s: float) -> list[SpanRecord]:
    """A root of ten seconds with two calls in it, children first as exporters send them."""
    return [
        span(2, parent=1, start_s=began_s + 1, lasted_s=2),
        span(3, parent=1, start_s=began_s + 4, lasted_s=5),
        span(1, start_s=began_s, lasted_s=10),
    ]


def places(project: Project) -> dict[str, tuple[float, float]]:
    """Start and end of each span, in seconds after the start of the root."""
    rows = {row.name: row for row in Span.objects.filter(project_id=project.pk)}
    zero = rows["span 1"].start_time
    return {
        name: ((row.start_time - zero).total_seconds(), (row.end_time - zero).total_seconds())
        for name, row in rows.items()
        if row.end_time
    }


EXPECTED = {"span 1": (0, 10), "span 2": (1, 3), "span 3": (4, 9)}


@pytest.mark.parametrize("began_s", OFF)
def test_all_spans_go_the_same_way(began_s: float) -> None:
    project = a_project()
    send(project, *old(began_s))
    assert places(project) == EXPECTED
    assert the_trace(project).end_time == NOW
    flags = Span.objects.filter(project_id=project.pk).values_list("flags", flat=True)
    assert all(flag & SpanFlag.CLOCK_SUSPECT for flag in flags)


@pytest.mark.parametrize("began_s", OFF)
def test_those_of_later_requests_go_with_them(began_s: float) -> None:
    project = a_project()
    for minutes, record in enumerate(old(began_s)):
        send(project, record, now=NOW + timedelta(minutes=7 * minutes))
    assert places(project) == EXPECTED
    settle()
    trace = the_trace(project)
    assert (trace.end_time - trace.start_time).total_seconds() == 10


def test_what_arrives_again_after_days_is_the_same_trace() -> None:
    project = a_project()
    send(project, *old(-500 * DAY_S))
    assert send(project, *old(-500 * DAY_S), now=NOW + timedelta(days=3)).inserted == 0


def test_two_old_traces_do_not_move_each_other() -> None:
    project = a_project()
    send(project, span(1, start_s=-500 * DAY_S), span(1, trace=2, start_s=-600 * DAY_S))
    assert the_trace(project, 1).end_time == the_trace(project, 2).end_time == NOW


@pytest.mark.parametrize("in_one_request", [True, False])
def test_one_broken_span_among_sound_ones_begins_with_them(in_one_request: bool) -> None:
    project = a_project()
    sound, broken = span(1, lasted_s=10), span(2, parent=1, start_s=-500 * DAY_S, lasted_s=3)
    for request in [[sound, broken]] if in_one_request else [[sound], [broken]]:
        send(project, *request)
    assert places(project) == {"span 1": (0, 10), "span 2": (0, 3)}


def test_a_sound_end_stays_where_it_is() -> None:
    project = a_project()
    end_ns = span(1).end_ns
    send(project, span(1, lasted_s=10), span(2, parent=1, start_ns=1, end_ns=end_ns))
    assert places(project)["span 2"] == (0, 1)


def test_without_any_time_a_trace_has_the_one_of_its_first_receipt() -> None:
    project = a_project()
    send(project, span(2, parent=1, start_ns=0, end_ns=0))
    send(project, span(1, start_ns=0, end_ns=0), now=NOW + timedelta(minutes=5))
    starts = set(Span.objects.filter(project_id=project.pk).values_list("start_time", flat=True))
    assert starts == {NOW}


def test_spans_further_apart_than_can_be_stored_meet_at_the_end_of_the_range() -> None:
    project = a_project()
    send(project, span(1, start_s=-900 * DAY_S), span(2, parent=1, start_s=-450 * DAY_S))
    trace = the_trace(project)
    assert (trace.start_time, trace.end_time) == (NOW - timedelta(days=400), NOW)


def test_the_page_says_so_and_shows_what_was_sent(client: Client) -> None:
    project = new_project()
    client.force_login(member(project, "viewer"))
    began = timezone.now() - timedelta(days=500)
    arrive(project, *turn("old", at=began))
    arrive(project, *turn("new"))
    rows = client.get(f"/p/{project.slug}/traces/").context["rows"]
    pages = [client.get(f"/p/{project.slug}/traces/{row.trace.trace_id.hex}/") for row in rows]
    said = ["clock said" in page.content.decode() for page in pages]
    assert sorted(said) == [False, True]
    page = pages[said.index(True)].content.decode()
    assert f"{began:%Y-%m-%d}" in page or f"{began.day} {began:%b %Y}" in page
