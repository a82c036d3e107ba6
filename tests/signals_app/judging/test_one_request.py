"""One trace is one request: the judge is shown earlier turns, and told that they are not judged."""

from __future__ import annotations

import pytest

from signals_app.definition.starters import BY_KEY, TEMPLATES, Template
from signals_app.judging import offline, prompt
from signals_app.judging.questions import Ask, Target
from tests.traces.conversations import assistant, call, system, user
from traces.records import StoredSpan
from traces.transcript import Transcript, of_session, of_span, of_trace

CODE = "0123456789abcdef0123"
ASKED = [
    system("Be brief."),
    user("This is ridiculous, you are not listening!"),
    assistant("Sorry."),
    user("Where is my order?"),
]


def turn() -> StoredSpan:
    return call(1, ASKED, [assistant("It arrives tomorrow.")])


def written(transcript: Transcript, scope: str) -> list[str]:
    shown = prompt.evidence(transcript, scope, CODE, 20_000)
    return [line for line in shown.text.splitlines() if line.startswith("[")]


def test_of_a_trace_the_request_is_marked_and_so_is_what_came_before() -> None:
    assert written(of_trace([turn()]), "trace") == [
        "[system]",
        "[user, earlier turn]",
        "[assistant, earlier turn]",
        "[user — REQUEST TO JUDGE]",
        "[assistant]",
    ]


def test_of_a_span_the_output_is_marked() -> None:
    assert written(of_span(turn()), "span")[1:] == [
        "[user, earlier turn]",
        "[assistant, earlier turn]",
        "[user]",
        "[assistant — OUTPUT TO JUDGE]",
    ]


def test_a_session_is_judged_whole() -> None:
    assert written(of_session([[turn()]]), "session") == [
        "[system]",
        "[user]",
        "[assistant]",
        "[user]",
        "[assistant]",
    ]


def test_the_question_says_what_is_judged() -> None:
    question = prompt.Question("Is the user frustrated?", (("true", ""), ("false", "")))
    shown = prompt.evidence(of_trace([turn()]), "trace", CODE, 20_000)
    asked = prompt.messages(shown, question, "trace")[1]["content"].partition("# Question")[2]
    assert f"Judge only the request that is marked {prompt.REQUEST_MARK}" in asked
    assert f'"{prompt.CONTEXT_MARK}"' in asked


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.key)
def test_the_templates_for_one_request_judge_no_earlier_turn(template: Template) -> None:
    words = "judge only that request and what follows it"
    assert (words in " ".join(template.prompt.split())) is (template.scope == "trace")


@pytest.mark.parametrize(("scope", "label"), [("trace", "false"), ("session", "true")])
def test_one_angry_turn_does_not_colour_the_next(scope: str, label: str) -> None:
    template = BY_KEY["user_frustration"]
    labels = tuple((each["name"], each["meaning"]) for each in template.labels)
    target = Target(of_trace([turn()]), scope, CODE)
    question = prompt.Question(template.prompt, labels)
    ruling = offline.rule(Ask(target, question, "offline", template.key))
    assert ruling.label == label
