"""A span is stored once, whole, and in words that the database can hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.traces.making import NOW, a_project, send, span, the_trace, trace_id
from traces.models import AgentTrace, Session, Span, SpanFlag, Trace
from traces.store import bounded_reading, reading

pytestmark = pytest.mark.django_db


def everything() -> list[list[tuple[object, ...]]]:
    """All rows of all tables of traffic, to see that nothing changed."""
    tables = (Span, Trace, AgentTrace, Session)
    return [list(table.objects.order_by("pk").values_list()) for table in tables]


def test_a_span_comes_back_as_it_was_sent() -> None:
    project = a_project()
    sent = span(
        7,
        parent=3,
        kind="LLM",
        agent="support",
        attributes={"deep": {"list": [1, None, "x"]}, "ratio": 0.5},
        events=[{"name": "hello", "time_ns": 5, "attributes": {"a": 1}}],
        links=[{"trace_id": "ab" * 16, "span_id": "cd" * 8, "attributes": {}}],
        resource={"service.name": "shop"},
        status_message="fine",
    )
    send(project, sent)
    stored = reading.span(project.pk, trace_id(1), 7)
    assert stored is not None
    assert stored.payload["attributes"] == sent.attributes
    assert stored.payload["events"] == sent.events
    assert stored.payload["links"] == sent.links
    assert stored.payload["resource"] == sent.resource
    assert stored.payload["scope"] == {"name": "tests", "version": "1"}
    assert stored.payload["status_message"] == "fine"
    assert (stored.start_ns, stored.end_ns) == (sent.start_ns, sent.end_ns)
    assert (stored.parent_span_id, stored.kind) == (f"{3:016x}", "llm")
    assert stored.agent_name == "support"


def test_columns_hold_what_lists_need() -> None:
    project = a_project()
    send(
        project,
        span(
            1,
            kind="LLM",
            agent="support",
            session="s1",
            user="ada",
            tokens=(10, 5),
            attributes={"llm.model_name": "gpt-4o", "shop.cart": 3, "input.value": "x" * 500},
            resource={"service.name": "shop"},
        ),
    )
    row = Span.objects.get(project_id=project.pk)
    assert (row.kind, row.session_id, row.user_id) == ("llm", "s1", "ada")
    assert (row.model, row.service) == ("gpt-4o", "shop")
    assert (row.input_tokens, row.output_tokens) == (10, 5)
    assert row.received_at == NOW
    assert row.end_time == row.start_time + timedelta(seconds=1)
    assert row.attributes["shop.cart"] == 3
    assert "input.value" not in row.attributes


def test_a_repeated_batch_changes_nothing() -> None:
    project = a_project()
    batch = [span(1, agent="support", session="s1"), span(2, parent=1, kind="LLM", tokens=(9, 1))]
    assert send(project, *batch).inserted == 2
    before = everything()
    again = send(project, *batch, now=NOW + timedelta(minutes=5))
    assert (again.inserted, again.replaced, again.traces) == (0, 0, [])
    assert everything() == before


def test_a_batch_that_is_partly_known_adds_only_the_rest() -> None:
    project = a_project()
    send(project, span(1), span(2, parent=1, kind="LLM", tokens=(10, 1)))
    again = send(project, span(2, parent=1, kind="LLM", tokens=(10, 1)), span(3, parent=1))
    assert again.inserted == 1
    assert the_trace(project).span_count == 3
    assert the_trace(project).input_tokens == 10


def test_a_span_twice_in_one_batch_counts_once() -> None:
    project = a_project()
    batch = [span(1, kind="LLM", tokens=(10, 1)), span(1, kind="LLM", tokens=(10, 1))]
    assert send(project, *batch).inserted == 1
    assert the_trace(project).input_tokens == 10


def test_the_end_of_a_span_replaces_its_start() -> None:
    project = a_project()
    send(project, span(1, kind="LLM", lasted_s=None))
    done = span(1, kind="LLM", tokens=(10, 4), attributes={"output.value": "done"})
    written = send(project, done, now=NOW + timedelta(seconds=5))
    assert (written.inserted, written.replaced) == (0, 1)
    trace = the_trace(project)
    assert (trace.span_count, trace.llm_count, trace.input_tokens) == (1, 1, 10)
    assert trace.root_ended
    assert trace.output_preview == "done"
    assert Span.objects.filter(project_id=project.pk).count() == 1
    assert send(project, done).replaced == 0


def test_a_start_that_comes_after_its_end_is_left_out() -> None:
    project = a_project()
    send(project, span(1, lasted_s=2))
    assert send(project, span(1, lasted_s=None)).replaced == 0
    assert Span.objects.get(project_id=project.pk).end_time is not None


def test_a_fuller_sending_of_an_ended_span_replaces_it() -> None:
    project = a_project()
    send(project, span(1, kind="LLM", tokens=(10, 4)))
    fuller = span(1, kind="LLM", tokens=(11, 4), attributes={"more": "yes", "and": "more"})
    assert send(project, fuller).replaced == 1
    assert the_trace(project).input_tokens == 11


def test_placeholders_are_not_kept() -> None:
    project = a_project()
    pending = span(1, attributes={"logfire.span_type": "pending_span"})
    assert send(project, pending).inserted == 0
    assert Trace.objects.count() == 0


def test_an_end_before_the_start_is_taken_as_the_start() -> None:
    project = a_project()
    send(project, span(1, lasted_s=-5))
    row = Span.objects.get(project_id=project.pk)
    assert row.end_time == row.start_time


CLOCKS = [
    pytest.param(0, 0, id="no time at all"),
    pytest.param(1_748_779_200_000, 1_748_779_201_000, id="milliseconds sent as nanoseconds"),
    pytest.param((1 << 64) - 1, (1 << 64) - 1, id="the year 2554"),
    pytest.param(1_262_304_000_000_000_000, 1_262_304_001_000_000_000, id="the year 2010"),
]


@pytest.mark.parametrize(("start_ns", "end_ns"), CLOCKS)
def test_an_impossible_start_is_replaced_by_the_time_of_receipt(start_ns: int, end_ns: int) -> None:
    project = a_project()
    bad = span(1, kind="LLM", tokens=(10, 1), start_ns=start_ns, end_ns=end_ns)
    send(project, bad)
    row = Span.objects.get(project_id=project.pk)
    assert (row.end_time or row.start_time) == NOW
    assert row.flags & SpanFlag.CLOCK_SUSPECT
    stored = reading.span(project.pk, trace_id(1), 1)
    assert stored is not None
    assert stored.payload["start_ns"] == start_ns
    again = send(project, bad, now=NOW + timedelta(days=3))
    assert again.inserted == 0
    assert the_trace(project).input_tokens == 10


def test_an_end_in_the_far_future_does_not_make_a_trace_of_centuries() -> None:
    project = a_project()
    send(project, span(1, end_ns=(1 << 64) - 1))
    assert the_trace(project).end_time < NOW + timedelta(days=1)


def test_a_span_with_dropped_attributes_says_so() -> None:
    project = a_project()
    send(project, span(1, dropped_attributes=3))
    assert Span.objects.get(project_id=project.pk).flags == SpanFlag.TRUNCATED


def test_ids_too_long_for_an_index_are_shortened_and_stay_distinct() -> None:
    project = a_project()
    long_one, long_other = "x\u4e16" * 50_000 + "1", "x\u4e16" * 50_000 + "2"
    send(project, span(1, agent=long_one, session=long_one, user=long_one))
    send(project, span(2, trace=2, agent=long_one, session=long_other))
    assert Session.objects.filter(project_id=project.pk).count() == 2
    assert project.agents.count() == 1


def test_absurd_numbers_of_tokens_do_not_break_the_sums() -> None:
    project = a_project()
    huge = (1 << 62, 1 << 62)
    send(project, *(span(n, kind="LLM", tokens=huge) for n in range(1, 9)))
    send(project, span(9, kind="LLM", tokens=(5, 5)))
    assert the_trace(project).input_tokens == 5


def test_projects_do_not_see_each_other() -> None:
    one, other = a_project("one"), a_project("other")
    send(one, span(1, agent="support", session="s"))
    send(other, span(1, agent="support", session="s"))
    assert the_trace(one).span_count == the_trace(other).span_count == 1
    assert one.agents.get().pk != other.agents.get().pk
    assert reading.span(other.pk, trace_id(1), 1) is not None
    assert bounded_reading.spans_of_trace(a_project("third").pk, trace_id(1)) == []
