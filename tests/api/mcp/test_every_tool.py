"""Each tool is called once as it is meant, and once for what is not there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Alert, Firing
from alerts.pages.form import suggested_conditions
from alerts.text import wording
from api.mcp import registry
from api.mcp.trouble import Trouble
from signals_app.models import Run, Signal, Trial
from teams.models import Project
from tests.api.mcp.calling import caller_of, say
from tests.api.rest.calling import reading
from tests.signals_app.labelled import label, new_signal
from tests.traces.arrivals import arrive, new_project, span_id_of, trace_id_of, turn
from traces.models import Agent, Session

TOOLS = (
    *("whoami", "list_agents", "list_templates", "list_signals", "get_signal"),
    *("create_signal", "edit_signal", "test_signal", "compare_versions", "set_signal_state"),
    *("preview_run", "start_run", "get_run", "get_distribution", "list_labels"),
    *("list_traces", "get_trace", "list_sessions", "get_session", "why_no_label"),
    *("list_alerts", "create_alert", "backtest_alert", "get_firings", "export_flagged"),
)
READING = set(TOOLS) - {
    "create_signal", "edit_signal", "test_signal", "compare_versions", "set_signal_state",
    "start_run", "create_alert",
}  # fmt: skip


pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(project: Project) -> dict[str, Any]:
    """A project with traffic, labels, a run, a trial, an alert and a firing of it."""
    now = timezone.now()
    for name in ("one", "two", "three"):
        arrive(project, *turn(name, at=now - timedelta(hours=2), session__id=f"chat-{name}"))
    agent = Agent.objects.get(project=project)
    signal = new_signal(agent, scope="trace")
    for name, given in (("one", "true"), ("two", "false"), ("three", None)):
        label(signal, given, target=trace_id_of(name), explanation=f"It says {name}.")
    caller = caller_of(project)
    say(caller, "test_signal", signal=str(signal.uuid))
    say(caller, "start_run", signal=str(signal.uuid))
    say(caller, "create_alert", signal=str(signal.uuid))
    alert = Alert.objects.get(project=project)
    Firing.objects.create(
        project=project, alert=alert, at=now, metric="true_rate", comparison="pct_change",
        operator="gte", threshold=20, window="24h", value=0.4, baseline=0.2, change_pct=100,
        labels=50, labels_before=60, created_at=now,
    )  # fmt: skip
    return {
        "caller": caller,
        "agent": str(agent.uuid),
        "signal": str(signal.uuid),
        "alert": str(alert.uuid),
        "run": str(Run.objects.get().uuid),
        "trial": str(Trial.objects.get().uuid),
        "trace": trace_id_of("one").hex,
        "session": Session.objects.get(session_id="chat-one").key.hex,
    }


def test_there_are_exactly_the_tools_of_the_issue(project: Project) -> None:
    assert list(registry.TOOLS) != []
    assert set(registry.TOOLS) == set(TOOLS)
    assert {each.name for each in registry.of_caller(caller_of(project, "read"))} == READING


@pytest.mark.parametrize("name", TOOLS)
def test_each_tool_says_what_it_takes_and_whether_it_changes_anything(name: str) -> None:
    tool = registry.TOOLS[name].listed()
    assert len(tool.description or "") > 40
    assert tool.annotations is not None
    assert tool.annotations.read_only_hint == (name in READING)
    if name not in READING:
        assert tool.annotations.destructive_hint is not None
        assert tool.annotations.idempotent_hint is not None
    assert tool.output_schema is None, "the payload would be sent twice"


CALLS: dict[str, tuple[dict[str, str], str]] = {
    "whoami": ({}, "you may read and write"),
    "list_agents": ({}, "support id="),
    "list_templates": ({"key": "task_outcome"}, "abandoned (negative)"),
    "list_signals": ({}, "true 50.0%"),
    "get_signal": ({"signal": ":signal"}, "Prompt:"),
    "create_signal": (
        {"agent": ":agent", "template": "task_outcome", "scope": "trace", "name": "Another"},
        "Made: Another",
    ),
    "edit_signal": (
        {"signal": ":signal", "based_on": "1", "prompt": "Is anybody angry?"},
        "Version 2 is live.",
    ),
    "test_signal": ({"trial": ":trial"}, "0 of 3 judged"),
    "set_signal_state": ({"signal": ":signal", "state": "paused"}, "is paused now"),
    "preview_run": ({"signal": ":signal"}, "to judge"),
    "start_run": ({"signal": ":signal", "range": "1d"}, "Run "),
    "get_run": ({"run": ":run"}, "running"),
    "get_distribution": ({"signal": ":signal"}, "true 1 (50.0%)"),
    "list_labels": ({"signal": ":signal", "label": "true"}, "It says one."),
    "list_traces": ({"range": "1d"}, 'asked "Where is my order?"'),
    "get_trace": ({"trace": ":trace"}, "| On its way."),
    "list_sessions": ({"range": "1d"}, "1 turns"),
    "get_session": ({"session": ":session"}, "| On its way."),
    "why_no_label": ({"signal": ":signal", "target": "trace:{trace}"}, "labelled: true"),
    "list_alerts": ({}, "True rate up by 20 %"),
    "create_alert": (
        {"signal": ":signal", "name": "More", "metric": "true_rate", "window": "6h"},
        "Made: More",
    ),
    "backtest_alert": ({"alert": ":alert", "range": "1d"}, "it would have fired"),
    "get_firings": ({}, "it was 40.0 % of 50 labels, before 20.0 %"),
    "export_flagged": ({"signal": ":signal", "label": "true"}, "1 traces with 'true'"),
}


@pytest.mark.parametrize("tool", CALLS)
def test_each_tool_answers_with_what_there_is(filled: dict[str, Any], tool: str) -> None:
    given, expected = CALLS[tool]
    arguments: dict[str, Any] = {
        name: filled[value[1:]] if value.startswith(":") else value.format(**filled)
        for name, value in given.items()
    }
    said = say(filled["caller"], tool, **arguments)
    assert expected in said
    if tool not in ("get_firings", "test_signal"):
        assert "Next: " in said or "more: " in said
    if tool not in READING:
        assert "Undo: " in said
        assert re.search(r"^Page: http", said, re.MULTILINE)


def test_two_versions_are_compared_on_the_same_targets(filled: dict[str, Any]) -> None:
    caller, signal = filled["caller"], filled["signal"]
    with pytest.raises(Trouble, match="only one version"):
        say(caller, "compare_versions", signal=signal)
    say(caller, "edit_signal", signal=signal, based_on=1, prompt="Is anybody angry?")
    said = say(caller, "compare_versions", signal=signal, targets=3)
    assert "0 of 6 answers" in said
    assert 'compare_versions(comparison="' in said


@pytest.mark.parametrize(
    ("tool", "arguments", "next_call"),
    [
        ("get_signal", {"signal": "nothing"}, "list_signals()"),
        ("get_trace", {"trace": "f" * 32}, "list_traces()"),
        ("get_trace", {"trace": "\x00"}, "list_traces()"),
        ("get_session", {"session": "no"}, "list_sessions()"),
        ("get_run", {"run": "f" * 32}, "preview_run("),
        ("list_traces", {"agent": "nobody"}, "list_agents()"),
        ("list_traces", {"range": "ever"}, "list_traces("),
        ("list_traces", {"range": "0001-01-01T00:00:00Z/9999-12-31T00:00:00Z"}, "list_traces("),
        ("list_traces", {"cursor": "9999999999999999999"}, "list_traces("),
        ("list_traces", {"text": "\ud800"}, "list_traces("),
        ("list_traces", {"limit": 10**30}, "list_traces("),
        ("list_traces", {"min_seconds": -1}, "list_traces("),
        ("list_traces", {"colour": "red"}, "list_traces again"),
        ("list_labels", {"signal": "x", "version": 10**30}, "list_signals()"),
        ("get_distribution", {"signal": "x", "step": "minute"}, "list_signals()"),
        ("why_no_label", {"signal": "x", "target": "y"}, "list_signals()"),
        ("set_signal_state", {"signal": "x", "state": "gone"}, "list_signals()"),
        ("create_signal", {"agent": "support"}, "list_"),
        ("fly", {}, "one of whoami, "),
    ],
)
def test_every_refusal_says_what_to_call_next(
    project: Project, tool: str, arguments: dict[str, Any], next_call: str
) -> None:
    with pytest.raises(Trouble) as refused:
        say(caller_of(project), tool, **arguments)
    assert f"Next: {next_call}" in str(refused.value)
    assert "pydantic" not in str(refused.value)


@pytest.mark.parametrize("tool", sorted(set(TOOLS) - READING))
def test_a_read_key_may_call_no_tool_that_writes(project: Project, tool: str) -> None:
    with pytest.raises(Trouble, match="may only read"):
        say(caller_of(project, "read"), tool)


@pytest.mark.parametrize(
    ("tool", "argument"),
    [
        ("get_signal", "signal"), ("list_labels", "signal"), ("get_distribution", "signal"),
        ("preview_run", "signal"), ("get_trace", "trace"), ("get_session", "session"),
        ("get_run", "run"), ("backtest_alert", "alert"), ("get_firings", "alert"),
        ("test_signal", "trial"), ("set_signal_state", "signal"), ("start_run", "signal"),
    ],
)  # fmt: skip
def test_a_stranger_finds_nothing_of_another_project(
    filled: dict[str, Any], tool: str, argument: str
) -> None:
    stranger = caller_of(new_project("Theirs"))
    more = {"state": "paused"} if tool == "set_signal_state" else {}
    with pytest.raises(Trouble, match=r"no such|no such"):
        say(stranger, tool, **{argument: filled[argument]}, **more)


def test_a_stranger_s_lists_are_empty(filled: dict[str, Any]) -> None:
    stranger = caller_of(new_project("Theirs"))
    for tool in ("list_agents", "list_signals", "list_traces", "list_sessions", "list_alerts"):
        said = say(stranger, tool)
        assert "support" not in said
        assert filled["signal"] not in said


def test_the_undo_of_an_edit_brings_the_old_question_back(filled: dict[str, Any]) -> None:
    caller, signal = filled["caller"], Signal.objects.get(uuid=filled["signal"])
    before = signal.live_version
    say(caller, "edit_signal", signal=filled["signal"], based_on=1, prompt="Else?", name="Else")
    said = say(
        caller, "edit_signal", signal=filled["signal"], based_on=2, version=1, name=str(signal.name)
    )
    signal.refresh_from_db()
    assert "Version 3 is live." in said
    assert before is not None
    assert signal.live_version is not None
    assert signal.live_version.prompt == before.prompt


def test_an_edit_from_an_older_version_is_refused(filled: dict[str, Any]) -> None:
    caller, signal = filled["caller"], filled["signal"]
    say(caller, "edit_signal", signal=signal, based_on=1, prompt="Else?")
    with pytest.raises(Trouble, match=r"Version 2 was made meanwhile.*\nNext: get_signal"):
        say(caller, "edit_signal", signal=signal, based_on=1, prompt="Other?")


def test_one_span_can_be_read_alone(filled: dict[str, Any]) -> None:
    span = span_id_of("one", "chat").hex()
    said = say(filled["caller"], "get_trace", trace=filled["trace"], span=span)
    assert f"span {span} llm chat" in said
    assert f"[assistant, span {span}]" in said


def test_the_command_of_an_export_downloads_the_traces_that_bear_the_label(
    filled: dict[str, Any], project: Project
) -> None:
    said = say(filled["caller"], "export_flagged", signal=filled["signal"], label="true")
    found = re.search(r'" "(http[^"]+)" > flagged.jsonl', said)
    assert found
    path = found[1].partition("/api/v1")[2]
    answer: Any = Client().get(f"/api/v1{path}", headers=reading(project).headers)
    assert answer.status_code == 200
    whole = b"".join(answer.streaming_content)
    assert whole.count(b"\n") == 1
    assert b"Where is my order?" in whole


def test_an_unsaved_question_is_tried_on_recent_traffic(filled: dict[str, Any]) -> None:
    labels = [{"name": "true", "sentiment": "negative"}, {"name": "false", "sentiment": "positive"}]
    given = {"agent": filled["agent"], "prompt": "Angry?", "labels": labels}
    assert "0 of 3 judged" in say(filled["caller"], "test_signal", **given)
    with pytest.raises(Trouble, match="Say a template"):
        say(filled["caller"], "test_signal", agent=filled["agent"])
    assert "Made: Mine" in say(filled["caller"], "create_signal", name="Mine", **given)
    assert Signal.objects.get(name="Mine").scope == "trace"
    one = {**given, "labels": labels[:1]}
    with pytest.raises(Trouble, match="Give between 2 and 10 labels"):
        say(filled["caller"], "test_signal", **one)


def test_a_young_signal_gets_the_suggestion_that_its_page_makes(project: Project) -> None:
    """450 labels on its first day fill a window of 6 hours; a seventh of them would not."""
    arrive(project, *turn("one"))
    signal = new_signal(Agent.objects.get(project=project), scope="trace")
    label(signal, "true", 450)
    (start,) = suggested_conditions.starts(project, timezone.now())
    say(caller_of(project), "create_alert", signal=str(signal.uuid))
    rule = Alert.objects.get(project=project).rule
    assert rule.window == timedelta(hours=6)
    assert wording.headline(rule) == start.condition
