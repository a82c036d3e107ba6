"""Too long transcripts are cut by the stated rule, and what is missing is counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signals_app.judging.cutting import Block, fit

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


def test_system_prompts_and_results_are_shortened_first() -> None:
    blocks = [block("system", 9000), block("user", 900), block("result", 9000), block("user", 50)]
    kept, cut = fit(blocks, 12_000)
    assert [len(one.text) > 4000 for one in kept] == [True, False, True, False]
    assert kept[1].text == "x" * 900
    assert cut == 2 * 5000
    assert "[… 5,000 characters left out …]" in kept[0].text


def test_the_middle_goes_and_both_ends_stay() -> None:
    blocks = [block("user", 1000, "a")]
    blocks += [block("assistant", 1000, "m") for _ in range(60)]
    blocks += [block("error", 100, "e"), block("assistant", 1000, "z")]
    kept, cut = fit(blocks, 20_000)
    assert (kept[0].text[0], kept[-1].text[0], kept[-2].text[0]) == ("a", "z", "e")
    gaps = [one for one in kept if one.kind == "gap"]
    assert len(gaps) == 1
    assert gaps[0].cut_chars == cut == 1000 * (63 - 1 - (len(kept) - 2))
    assert f"{cut:,} characters" in gaps[0].heading


def test_an_early_error_is_kept() -> None:
    blocks = [block("user", 500), *[block("assistant", 500) for _ in range(50)]]
    blocks.insert(25, block("error", 80, "e"))
    kept, _cut = fit(blocks, 8000)
    assert any(one.kind == "error" for one in kept)


def test_a_shortened_text_keeps_its_beginning_and_its_end() -> None:
    kept, _cut = fit([Block("[result]", "begin " + "x" * 50_000 + " end", "result")], 5000)
    assert kept[0].text.startswith("begin ")
    assert kept[0].text.endswith(" end")


@given(BLOCKS, st.integers(min_value=500, max_value=60_000))
def test_whatever_comes_fits_and_is_accounted_for(blocks: list[Block], budget: int) -> None:
    kept, cut = fit(blocks, budget)
    written = sum(one.size for one in kept)
    assert written <= budget * 1.1 + 400
    before = sum(len(one.text) for one in blocks)
    shown = sum(len(one.text) for one in kept)
    markers = sum(one.text.count("characters left out") for one in kept) * 60
    assert before - cut <= shown <= before - cut + markers
