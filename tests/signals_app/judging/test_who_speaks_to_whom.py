"""Where several agents took part, judge and page see who speaks to whom."""

from __future__ import annotations

from signals_app.judging import prompt
from tests.traces.conversations import assistant, call, result, span, system, user
from traces.pages.trace.conversation import draw
from traces.records import StoredSpan
from traces.transcript import Transcript, of_trace

DELEGATE = assistant("", ("d", "delegate", "{}"))


def _headings(transcript: Transcript) -> list[str]:
    shown = prompt.evidence(transcript, "session", "code", 20_000)
    return [line for line in shown.text.split("\n") if line.startswith("[")]


def _delegation() -> list[StoredSpan]:
    return [
        span(1, "agent", at=0, lasts=20, agent="triage"),
        call(2, [user("Where is my refund?")], [DELEGATE], parent=1, at=1),
        span(3, "agent", 1, at=3, lasts=5, agent="refunds"),
        call(4, [system("You refund."), user("Find it")], [assistant("Found")], parent=3, at=4),
        call(
            5,
            [user("Where is my refund?"), DELEGATE, result("d", "Found")],
            [assistant("It is on its way.")],
            parent=1,
            at=9,
        ),
    ]


def test_a_task_of_one_agent_to_another_is_not_the_users():
    assert _headings(of_trace(_delegation())) == [
        "[user → triage]",
        "[assistant triage calls delegate]",
        "[delegate returned]",
        "[system → refunds]",
        "[assistant triage → refunds]",
        "[assistant refunds → triage]",
        "[assistant triage → user]",
    ]
    asked = [entry.text for entry in of_trace(_delegation()).entries if entry.is_by_user]
    assert asked == ["Where is my refund?"]


def test_the_page_names_both_sides():
    spans = _delegation()
    (turn,) = draw(of_trace(spans), set())
    assert [bubble.speaker for bubble in turn.bubbles if bubble.entry.kind == "message"] == [
        "User → triage",
        "System → refunds",
        "triage → refunds",
        "refunds → triage",
        "triage → User",
    ]


def test_after_a_handoff_the_next_agent_speaks_to_the_user():
    asked = user("Where is my refund?")
    handoff = assistant("", ("h", "transfer_to_refunds", "{}"))
    spans = [
        span(1, "chain", at=0, lasts=20),
        span(2, "agent", 1, at=1, lasts=4, agent="triage"),
        call(3, [asked], [handoff], parent=2, at=2),
        span(4, "agent", 1, at=6, lasts=4, agent="refunds"),
        call(5, [asked, handoff, result("h", "ok")], [assistant("Soon.")], parent=4, at=7),
    ]
    assert _headings(of_trace(spans)) == [
        "[user → triage]",
        "[assistant triage calls transfer_to_refunds]",
        "[transfer_to_refunds returned]",
        "[assistant refunds → user]",
    ]


def test_an_agent_that_only_wraps_another_is_nobodys_client():
    spans = [
        span(1, "agent", at=0, lasts=20, agent="crew"),
        span(2, "agent", 1, at=1, lasts=9, agent="writer"),
        call(3, [user("Write.")], [assistant("Done.")], parent=2, at=2),
        span(4, "tool", 1, at=4, tool__name="look", output__value="found"),
    ]
    assert next(entry.is_by_user for entry in of_trace(spans).entries)


def test_one_agent_needs_no_names():
    spans = [
        span(1, "agent", at=0, lasts=9, agent="refunds", input__value="Hi", output__value="Hello"),
        call(2, [user("Hi")], [assistant("Hello")], parent=1, at=1),
    ]
    assert _headings(of_trace(spans)) == ["[user]", "[assistant]"]
