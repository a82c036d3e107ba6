"""What a version changed: found exactly, and shown so that one sees it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signals_app.definition.diffs import Diff, LabelChange, Question, ValueChange, diff

GOOD = {"name": "good", "sentiment": "positive", "meaning": "Went well."}
BAD = {"name": "bad", "sentiment": "negative", "meaning": ""}
BEGUN = Question("string", "One.\nTwo.\nThree.", [GOOD, BAD], 0.5)


def kinds(found: Diff) -> list[tuple[str, str]]:
    return [(line.kind, "".join(part.text for part in line.parts)) for line in found.lines]


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(BEGUN, id="itself"),
        pytest.param(replace(BEGUN, prompt="One.\r\nTwo.\r\nThree.\r\n"), id="a browser's lines"),
        pytest.param(replace(BEGUN, sample_rate=50 / 100), id="the rate through percent"),
        pytest.param(replace(BEGUN, judge_model=" "), id="a blank model"),
        pytest.param(
            replace(BEGUN, labels=[GOOD, {"name": "bad", "sentiment": "negative"}]),
            id="a meaning that is not there",
        ),
    ],
)
def test_nothing_is_found_where_both_ask_the_same(same: Question) -> None:
    assert not diff(BEGUN, same)


def test_values_are_named_before_and_after() -> None:
    after = replace(BEGUN, sample_rate=0.125, judge_model="big-model")
    assert diff(BEGUN, after).values == [
        ValueChange("Sample rate", "50 %", "12.5 %"),
        ValueChange("Judge", "the default", "big-model of the environment"),
    ]
    assert diff(BEGUN, replace(BEGUN, type="binary")).values[0].name == "Type"


@pytest.mark.parametrize(
    ("labels", "changes"),
    [
        pytest.param([GOOD], [LabelChange("removed", "bad")], id="removed"),
        pytest.param(
            [GOOD, BAD, BAD | {"name": "odd", "meaning": "Else."}],
            [LabelChange("added", "odd", ("negative", "Else."))],
            id="added",
        ),
        pytest.param(
            [GOOD, BAD | {"sentiment": "neutral"}],
            [LabelChange("changed", "bad", ("negative → neutral",))],
            id="another sentiment",
        ),
        pytest.param(
            [GOOD | {"meaning": "Fine."}, BAD],
            [LabelChange("changed", "good", ("“Went well.” → “Fine.”",))],
            id="another meaning",
        ),
        pytest.param(
            [BAD, GOOD],
            [LabelChange("moved", "bad, good", ("the same labels in another order",))],
            id="another order",
        ),
    ],
)
def test_labels_are_compared_by_name(
    labels: list[dict[str, str]], changes: list[LabelChange]
) -> None:
    assert diff(BEGUN, replace(BEGUN, labels=labels)).labels == changes


def test_a_changed_line_stands_between_its_neighbours_with_the_words_marked() -> None:
    found = diff(
        replace(BEGUN, prompt="One.\nIs the user angry?\nThree."),
        replace(BEGUN, prompt="One.\nIs the user happy?\nThree."),
    )
    assert kinds(found) == [
        ("same", "One."),
        ("removed", "Is the user angry?"),
        ("added", "Is the user happy?"),
        ("same", "Three."),
    ]
    assert [part.text for part in found.lines[2].parts if part.changed] == ["happy"]


def test_a_line_that_was_rewritten_has_no_words_marked() -> None:
    found = diff(
        replace(BEGUN, prompt="Is the user angry?"),
        replace(BEGUN, prompt="Count 12 refunds; say so."),
    )
    assert not any(part.changed for line in found.lines for part in line.parts)


def test_far_lines_are_left_out_and_counted() -> None:
    lines = [f"Line {number}." for number in range(20)]
    found = diff(
        replace(BEGUN, prompt="\n".join(lines)),
        replace(BEGUN, prompt="\n".join([*lines[:10], "More.", *lines[10:]])),
    )
    assert [(line.kind, line.n) for line in found.lines if line.kind == "hidden"] == [
        ("hidden", 8),
        ("hidden", 8),
    ]
    assert kinds(found)[3] == ("added", "More.")


def test_the_longest_prompt_is_compared_in_a_blink() -> None:
    one = " ".join(f"w{number}" for number in range(3500))[:20_000]
    other = " ".join(f"w{number}" for number in range(3500, 0, -1))[:20_000]
    assert diff(replace(BEGUN, prompt=one), replace(BEGUN, prompt=other)).lines
