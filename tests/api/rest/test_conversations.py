"""What was said in a trace, by REST: the messages of its page, the judge's text, and why."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core.ids import span_id_from_bytes
from signals_app.models import Signal
from signals_app.queue import loading
from teams.models import Project
from tests.api.rest.calling import Caller, writing
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import arrive, new_project, span, span_id_of, trace_id_of, turn
from traces.models import Agent
from traces.transcript import shown

pytestmark = pytest.mark.django_db

TRACE = f"/traces/{trace_id_of('one').hex}"


@pytest.fixture
def caller(project: Project) -> Caller:
    return writing(project)


def tool(trace: str, name: str = "look_up", **more: Any) -> Any:
    given: dict[str, Any] = {
        "tool__name": name,
        "input__value": '{"id": 7}',
        "output__value": "It is lost.",
    }
    return span(trace, name, "root", openinference__span__kind="TOOL", **given, **more)


@pytest.fixture
def signal(project: Project) -> Signal:
    """A signal of an agent that has one trace, with a tool call in it."""
    arrive(project, *turn("one"), tool("one"))
    return new_signal(Agent.objects.get(project=project))


def test_the_conversation_is_the_one_of_the_page(
    caller: Caller, reader: Client, project: Project, signal: Signal
) -> None:
    page = reader.get(f"/p/{project.slug}{TRACE}/")
    drawn = [bubble.entry for turn in page.context["turns"] for bubble in turn.bubbles]
    messages = caller.get(f"{TRACE}/conversation").json()["messages"]
    assert [(m["role"], m["kind"], m["span_id"]) for m in messages] == [
        (entry.role, entry.kind, entry.span_id) for entry in drawn
    ]
    assert len(messages) == 3


def test_a_message_has_its_words_and_a_tool_call_its_parts(caller: Caller, signal: Signal) -> None:
    found = caller.get(f"{TRACE}/conversation").json()
    by_kind = {m["role"]: m for m in found["messages"]}
    assert by_kind["user"]["text"] == "Where is my order?"
    assert by_kind["user"]["parts"][0] == {
        "type": "text",
        "text": "Where is my order?",
        "name": None,
        "id": None,
        "left_out": 0,
    }
    call = by_kind["tool"]
    assert (call["kind"], call["name"], call["text"]) == ("tool_call", "look_up", None)
    assert [(part["type"], part["text"]) for part in call["parts"]] == [
        ("tool_call", '{"id": 7}'),
        ("tool_result", "It is lost."),
    ]
    assert found["is_cut"] is False


def test_one_span_has_a_conversation_of_its_own(caller: Caller, signal: Signal) -> None:
    chosen = span_id_of("one", "look_up").hex()
    found = caller.get(f"{TRACE}/conversation", span_id=chosen).json()
    assert [m["kind"] for m in found["messages"]] == ["tool_call"]
    missing = caller.get(f"{TRACE}/conversation", span_id="0" * 15 + "1")
    assert missing.status_code == 404


def test_a_failure_is_a_message_of_its_own(caller: Caller, project: Project) -> None:
    arrive(project, *turn("one", error="It broke."))
    messages = caller.get(f"{TRACE}/conversation").json()["messages"]
    assert messages[-1]["kind"] == "error"
    assert "It broke." in messages[-1]["text"]


def test_long_texts_are_cut_unless_all_is_asked_for(caller: Caller, project: Project) -> None:
    said = "x" * (shown.MOST_CHARS + 5)
    arrive(project, *turn("one", said=said))
    short = caller.get(f"{TRACE}/conversation").json()
    assert short["messages"][0]["parts"][0]["left_out"] == 5
    assert (len(short["messages"][0]["text"]), short["is_cut"]) == (shown.MOST_CHARS, True)
    full = caller.get(f"{TRACE}/conversation", full="true").json()
    assert (full["messages"][0]["text"], full["is_cut"]) == (said, False)


def test_a_long_turn_is_shown_by_its_ends(
    caller: Caller, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "MOST_ENTRIES", 2)
    arrive(project, *turn("one"), tool("one"))
    short = caller.get(f"{TRACE}/conversation").json()
    assert (len(short["messages"]), short["left_out"], short["is_cut"]) == (2, 1, True)
    assert len(caller.get(f"{TRACE}/conversation", full="true").json()["messages"]) == 3


def test_the_transcript_is_the_judges_text_in_a_fence_of_its_own(
    caller: Caller, project: Project, signal: Signal
) -> None:
    first = caller.get(f"{TRACE}/transcript").json()
    assert "[user — REQUEST TO JUDGE]\n| Where is my order?" in first["text"]
    assert "[look_up returned]\n| It is lost." in first["text"]
    assert (first["cut_chars"], first["omitted_spans"]) == (0, 0)
    again = caller.get(f"{TRACE}/transcript").json()
    assert first["text"].splitlines()[2] != again["text"].splitlines()[2]


def test_the_transcript_of_a_span_marks_its_output(caller: Caller, signal: Signal) -> None:
    chosen = span_id_of("one", "chat").hex()
    text = caller.get(f"{TRACE}/transcript", span_id=chosen).json()["text"]
    assert "[assistant — OUTPUT TO JUDGE]\n| On its way." in text


def test_a_target_that_takes_too_long_to_read_is_unavailable(
    caller: Caller, signal: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signals_app.explain.judged_text.READ_S", -1.0)
    refused = caller.get(f"{TRACE}/transcript")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")


def test_why_answers_for_each_signal_of_the_agents(
    caller: Caller, project: Project, signal: Signal
) -> None:
    spans = new_signal(signal.agent, name="Of calls", scope="span")
    label(signal, "true", target=trace_id_of("one"), explanation="It says so.")
    answers = caller.get(f"{TRACE}/why").json()["signals"]
    assert [(a["signal"]["name"], a["kind"]) for a in answers] == [
        (signal.name, "labelled"),
        (spans.name, "other_scope"),
    ]
    assert (answers[0]["label"], answers[0]["explanation"]) == ("true", "It says so.")
    assert answers[1]["instead"][0]["text"] == span_id_of("one", "chat").hex()
    one = caller.get(f"{TRACE}/why", signal=str(spans.uuid)).json()["signals"]
    assert [a["signal"]["id"] for a in one] == [str(spans.uuid)]


def test_why_of_a_span_asks_about_the_span(caller: Caller, signal: Signal) -> None:
    spans = new_signal(signal.agent, name="Of calls", scope="span")
    chat = span_id_of("one", "chat")
    label(spans, "true", target=trace_id_of("one"), span_id=span_id_from_bytes(chat))
    answers = caller.get(f"{TRACE}/why", span_id=chat.hex()).json()["signals"]
    assert (answers[0]["signal"]["name"], answers[0]["kind"]) == ("Of calls", "labelled")


def test_a_signal_of_another_project_cannot_be_asked(caller: Caller, signal: Signal) -> None:
    theirs = new_signal(new_agent(new_project("Theirs")))
    refused = caller.get(f"{TRACE}/why", signal=str(theirs.uuid))
    assert (refused.status_code, refused.json()["field"]) == (422, "signal")


def test_the_judge_and_the_transcript_read_the_same(
    project: Project, caller: Caller, signal: Signal
) -> None:
    said = loading.read(project.pk, "trace", trace_id_of("one"), 0)
    text = caller.get(f"{TRACE}/transcript").json()["text"]
    for entry in said.entries:
        assert (entry.result if entry.kind == "tool_call" else entry.text) in text
