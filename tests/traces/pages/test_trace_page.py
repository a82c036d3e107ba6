"""One trace: its tree, a selected span, the conversation, and text that nobody vouches for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from teams.models import Project
from tests.html import html_of
from tests.traces.arrivals import (
    arrive,
    new_project,
    span,
    span_id_of,
    trace_id_of,
    turn,
)
from traces.pages.trace.trace_page import TREE_ROWS
from traces.records import SpanRecord

pytestmark = pytest.mark.django_db


def address(project: Project, trace: str = "t", query: str = "") -> str:
    return f"/p/{project.slug}/traces/{trace_id_of(trace).hex}/{query}"


def page_of(client: Client, project: Project, query: str = "") -> str:
    response = client.get(address(project, query=query))
    assert response.status_code == 200
    return html_of(response)


def tool(name: str, parent: str = "root", error: str = "", **attributes: Any) -> SpanRecord:
    held = {"openinference__span__kind": "TOOL", "tool__name": name} | attributes
    return span("t", name, parent, error=error, **held)


def test_header_tree_and_conversation_are_there(reader: Client, project: Project) -> None:
    shop = {"service.name": "shop", "deployment.environment.name": "production"}
    metadata = json.dumps({"plan": "pro"})
    more: dict[str, Any] = {
        "session__id": "s1",
        "user__id": "ann",
        "tag__tags": ["vip"],
        "metadata": metadata,
    }
    arrive(project, *turn("t", resource=shop, **more))
    page = page_of(reader, project)
    for text in ("support", "s1", "ann", "shop", "production", "vip", "plan", "little-model"):
        assert text in page
    assert "100 in, 20 out" in page
    assert "Where is my order?" in page
    assert "On its way." in page


def test_a_tool_call_shows_arguments_result_and_error(reader: Client, project: Project) -> None:
    arguments = json.dumps({"id": 7})
    good = tool("find_order", input__value=arguments, output__value="found it")
    bad = tool("refund", error="card declined", input__value="{}")
    arrive(project, *turn("t"), good, bad)
    page = page_of(reader, project)
    assert "find_order" in page
    assert "&quot;id&quot;: 7" in page
    assert "found it" in page
    assert "card declined" in page


def test_a_selected_span_shows_everything_that_was_sent_with_it(
    reader: Client, project: Project
) -> None:
    record = tool("find_order", input__value="x", my__own__attribute="its value")
    record.events = [{"name": "retry", "time_ns": record.start_ns, "attributes": {"attempt": 2}}]
    record.resource = {"service.name": "shop"}
    arrive(project, *turn("t"), record)
    page = page_of(reader, project, f"?span={record.span_id.hex()}")
    for text in ("my.own.attribute", "its value", "retry", "attempt", "service.name", "tests 1"):
        assert text in page
    assert "its value" not in page_of(reader, project)


@pytest.mark.parametrize("span_id", ["zz", "f" * 16, "0" * 15, "%00"])
def test_a_span_that_is_not_there_gives_the_whole_trace_and_says_so(
    reader: Client, project: Project, span_id: str
) -> None:
    arrive(project, *turn("t"))
    page = page_of(reader, project, f"?span={span_id}")
    assert 'role="alert"' in page
    assert "On its way." in page


def test_upper_case_ids_are_understood(reader: Client, project: Project) -> None:
    arrive(project, *turn("t"))
    span_id = span_id_of("t", "chat").hex().upper()
    assert "What this span says" in page_of(reader, project, f"?span={span_id}")


def test_a_trace_of_another_project_is_not_found(reader: Client, project: Project) -> None:
    theirs = new_project("Theirs")
    arrive(theirs, *turn("t"))
    assert reader.get(address(project)).status_code == 404
    assert reader.get(address(theirs)).status_code == 404


@pytest.mark.parametrize("address_end", ["nonsense", "a" * 31, "0123456789abcdef" * 2, "A" * 32])
def test_what_is_no_trace_is_not_found(reader: Client, project: Project, address_end: str) -> None:
    assert reader.get(f"/p/{project.slug}/traces/{address_end}/").status_code == 404


def test_only_reading_is_allowed(reader: Client, project: Project) -> None:
    arrive(project, *turn("t"))
    assert reader.post(address(project)).status_code == 405


def test_a_trace_that_still_arrives_can_be_read(reader: Client, project: Project) -> None:
    arrive(project, *turn("t"), settled=False)
    page = page_of(reader, project)
    assert "Still arriving" in page
    assert "On its way." in page


def test_a_trace_without_messages_says_so(reader: Client, project: Project) -> None:
    arrive(project, span("t", agent__name="a"))
    assert "No span of this trace carries messages" in page_of(reader, project)


def test_a_tree_of_many_spans_comes_in_parts(reader: Client, project: Project) -> None:
    total = TREE_ROWS + 50
    at = timezone.now()
    children = [span("t", f"step {n}", "root", at=at) for n in range(total - 1)]
    arrive(project, span("t", at=at, agent__name="a"), *children)
    first = reader.get(address(project)).context["tree"]
    assert (len(first.branches), first.total, first.after) == (TREE_ROWS, total, 2)
    second = reader.get(address(project, query="?part=2")).context["tree"]
    assert (len(second.branches), second.before, second.after) == (50, 1, None)
    last = second.branches[-1].node.span.span_id
    opened = reader.get(address(project, query=f"?span={last}")).context
    assert opened["tree"].number == 2
    assert [b.node.span.span_id for b in opened["tree"].branches if b.is_selected] == [last]
    assert reader.get(address(project, query="?part=3")).status_code == 404
    assert reader.get(address(project, query="?part=x")).context["tree"].number == 1


def test_a_selected_span_keeps_its_figures_on_another_part_of_the_tree(
    reader: Client, project: Project
) -> None:
    at = timezone.now()
    children = [span("t", f"step {n}", "root", at=at) for n in range(TREE_ROWS + 5)]
    arrive(project, *turn("t", at=at), *children)
    query = f"?span={span_id_of('t', 'chat').hex()}&part=2"
    assert "100 in, 20 out" in page_of(reader, project, query).partition("Span id")[2]


def test_long_text_is_cut_until_all_of_it_is_asked_for(reader: Client, project: Project) -> None:
    long = "word " * 10_000 + "the end"
    arrive(project, *turn("t", answer=long))
    cut = page_of(reader, project)
    assert "the end" not in cut
    assert "more characters" in cut
    assert "the end" in page_of(reader, project, "?full=1")


HOSTILE: dict[str, Any] = {
    "said": "<script>alert(1)</script> \u202egpj.exe",
    "answer": "</textarea><svg onload=alert(3)> {{ 7|add:7 }} {% now 'Y' %} \u2067rtl",
    "agent": "\"'><img src=x onerror=alert(2)>",
    "session__id": "../<u>?x=1&y='\"",
    "user__id": "\u200f<b>bob</b>",
    "tag__tags": ["<em>tag</em>"],
    "metadata": json.dumps({"<i>key</i>": "<i>value</i>"}),
    "my__<s>key</s>": "<s>value</s>",
}
LIVE = ("<script>alert", "<svg onload", "<img src=x", "<u>", "<b>bob", "<em>", "<i>", "<s>")


@pytest.mark.parametrize("selected", ["", "root", "chat"])
def test_hostile_text_stays_text(reader: Client, project: Project, selected: str) -> None:
    arrive(project, *turn("t", **HOSTILE, error="<script>alert(9)</script>"))
    query = f"?span={span_id_of('t', selected).hex()}" if selected else ""
    page = page_of(reader, project, query)
    assert [text for text in (*LIVE, "\u202e", "\u2067", "\u200f", "\0") if text in page] == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt; [U+202E]gpj.exe" in page
    if selected != "root":
        assert "{{ 7|add:7 }}" in page


def test_addresses_in_text_do_not_become_links(reader: Client, project: Project) -> None:
    arrive(project, *turn("t", said="javascript:alert(1) https://evil.example/"))
    page = page_of(reader, project)
    assert 'href="https://evil' not in page
    assert 'href="javascript' not in page


def test_more_spans_take_no_more_queries(reader: Client, project: Project) -> None:
    arrive(project, *turn("t"))
    reader.get(address(project))
    with CaptureQueriesContext(connection) as few:
        reader.get(address(project))
    arrive(project, *(tool(f"tool {n}") for n in range(40)))
    with CaptureQueriesContext(connection) as many:
        reader.get(address(project))
    assert len(many) == len(few)
