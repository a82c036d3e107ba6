"""Too long transcripts are cut by the stated rule, and what is missing is counted."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals_app.judging.fit_to_budget import Block, fit

KINDS = st.sampled_from(["system", "user", "assistant", "call", "result", "error"])
BLOCKS = st.lists(
    st.builds(
        Block,
        heading=st.just("[somebody]"),
        text=st.text(alphabet="ab \n", max_size=30).map(lambda text: text * 100),
        kind=KINDS,
    ),
    max_size=40,
)


def block(kind: str, chars: int, letter: str = "x") -> Block:
    return Block(f"[{kind}]", letter * chars, kind)


def test_what_fits_is_left_alone() -> None:
    blocks = [block("user", 100), block("assistant", 100)]
    assert fit(blocks, 1000) == (blocks, 0)


def test_system_prompts_and_results_are_shortened_first_and_no_more_than_needed() -> None:
    blocks = [block("system", 9000), block("user", 900), block("result", 9000), block("user", 50)]
    kept, cut = fit(blocks, 12_000)
    assert len(kept[0].text) == len(kept[2].text) < 9000
    assert [each.text for each in kept[1::2]] == ["x" * 900, "x" * 50]
    assert 7000 < cut < 7300
    assert f"[… {kept[0].cut_chars:,} characters left out …]" in kept[0].text


@pytest.mark.parametrize("kind", ["system", "user", "assistant", "call", "result", "error"])
@pytest.mark.parametrize("sizes", [[60_000], [30_000] * 3, [900] * 90, [40] * 900, [200] * 300])
def test_one_character_too_much_loses_about_that(kind: str, sizes: list[int]) -> None:
    blocks = [block("user", 100), *[block(kind, size) for size in sizes], block("assistant", 100)]
    whole = sum(each.size for each in blocks)
    kept, cut = fit(blocks, whole - 1)
    assert 0 < cut <= 1000
    assert sum(each.size for each in kept) < whole


def test_the_middle_goes_evenly_and_both_ends_stay() -> None:
    blocks = [block("user", 1000, "a")]
    blocks += [Block("[assistant]", f"{number:03d}" * 150, "assistant") for number in range(100)]
    blocks += [block("error", 100, "e"), block("assistant", 1000, "z")]
    kept, cut = fit(blocks, 30_000)
    assert (kept[0].text[0], kept[-1].text[0], kept[-2].text[0]) == ("a", "z", "e")
    numbers = [int(each.text[:3]) for each in kept if each.text[:3].isdigit()]
    steps = [later - before for before, later in itertools.pairwise([-1, *numbers])]
    assert max(steps) < 10  # nowhere is a hole of a tenth of the whole
    gaps = [each for each in kept if each.kind == "gap"]
    assert len(gaps) > 5
    assert sum(gap.cut_chars for gap in gaps) == cut == 450 * (100 - len(numbers))
    assert f"{gaps[0].cut_chars:,} characters" in gaps[0].heading


def test_a_cut_conversation_keeps_the_numbers_of_its_turns() -> None:
    blocks = []
    for number in range(1, 1001):
        blocks.append(Block(f"[turn {number}]", "", "turn", turns=(number, number)))
        blocks += [block("user", 60), block("assistant", 200)]
    kept, _cut = fit(blocks, 60_000)
    shown = {each.turns[0] for each in kept if each.kind == "turn" and each.turns}
    told = set()
    for each in kept:
        if each.kind == "gap" and each.turns:
            first, last = each.turns
            told |= set(range(first, last + 1))
            assert f"turns {first:,} to {last:,} left out" in each.heading
    assert {1, 1000} <= shown
    assert shown | told == set(range(1, 1001))
    assert not shown & told
    assert sum(each.size for each in kept) > 55_000


def test_an_early_error_is_kept() -> None:
    blocks = [block("user", 500), *[block("assistant", 500) for _ in range(50)]]
    blocks.insert(25, block("error", 80, "e"))
    kept, _cut = fit(blocks, 8000)
    assert any(each.kind == "error" for each in kept)


def test_a_shortened_text_keeps_its_beginning_and_its_end() -> None:
    kept, _cut = fit([Block("[result]", "begin " + "x" * 50_000 + " end", "result")], 5000)
    assert kept[0].text.startswith("begin ")
    assert kept[0].text.endswith(" end")


@given(BLOCKS, st.integers(min_value=500, max_value=60_000))
def test_whatever_comes_fits_and_is_accounted_for(blocks: list[Block], budget: int) -> None:
    kept, cut = fit(blocks, budget)
    assert sum(each.size for each in kept) <= budget
    before = sum(len(each.text) for each in blocks)
    shown = sum(len(each.text) for each in kept)
    markers = sum(each.text.count("characters left out") for each in kept) * 60
    assert before - cut <= shown <= before - cut + markers
    assert fit(kept, budget) == (kept, cut)


@given(BLOCKS, st.integers(min_value=0, max_value=20_000))
def test_what_is_lost_is_in_line_with_what_is_too_much(blocks: list[Block], over: int) -> None:
    whole = sum(each.size for each in blocks)
    budget = max(whole - over, whole // 2, 5000)
    _kept, cut = fit(blocks, budget)
    assert cut <= max(0, whole - budget) * 1.3 + 1000


@pytest.mark.slow
def test_a_hundred_thousand_blocks_are_cut_in_linear_time() -> None:
    blocks = [block("user", 300), *[block("result", 700) for _ in range(100_000)]]
    began = time.process_time()
    kept, _cut = fit(blocks, 60_000)
    assert time.process_time() - began < 4
    assert 50_000 < sum(each.size for each in kept) <= 60_000
