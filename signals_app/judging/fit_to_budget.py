"""A transcript made to fit what the judge may read, by a rule that can be stated:

1. System prompts and what tools returned are shortened, then what tools were asked.
2. Long texts in the middle are shortened, then parts of the middle are left out, evenly. Kept
   are the first and last thing the user said, errors, the last entries and the final output.
3. What is kept is shortened.

Each step takes the longest texts first and stops as soon as all fits: what is a little too
long loses a little. A shortened text keeps its beginning and its end; wherever something is
missing, a marker says how many characters, and which turns. Pure: it knows blocks of text, not
where they come from. Sorting apart, it goes over them a fixed number of times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

#: What the frame of a block costs beside its text: its heading, and a mark on every line.
FRAME_CHARS = 4
LINE_MARK = "| "
HEAD_SHARE = 0.7
#: What a marker inside of a text costs at most, and one in place of blocks.
MARKER_CHARS = 48
GAP_CHARS = 100
#: (kinds, least characters of one text), applied one after the other until all fits.
_STEPS: tuple[tuple[frozenset[str], int], ...] = (
    (frozenset({"system", "result"}), 1000),
    (frozenset({"system", "result", "call"}), 300),
)
_MIDDLE_LEAST = 500
_KEPT_LEAST = (4000, 1000, 250, 60)
_KEPT_LAST = 8
_KEPT_ERRORS = 10
#: One gap in the middle for so many characters that must go, and no more gaps than this.
_CHARS_OF_A_GAP = 2000
_MOST_GAPS = 12

Turns = tuple[int, int]  # the first and the last


@dataclass(frozen=True, slots=True)
class Block:
    """One text under a heading. kind: system, user, assistant, call, result or error; "turn"
    for the heading of a turn and "gap" for a marker of what is missing, both without text."""

    heading: str
    text: str
    kind: str
    is_kept: bool = False
    cut_chars: int = 0  # of its text, missing
    whole: Block | None = None  # what it was before it was shortened
    turns: Turns | None = None  # that a heading begins, or that a gap stands for

    @property
    def size(self) -> int:
        """Characters when written down."""
        lines = self.text.count("\n") + 1
        return len(self.heading) + len(self.text) + len(LINE_MARK) * lines + FRAME_CHARS


def shorten(block: Block, most: int) -> Block:
    """Return the block with at most about `most` characters of its text, the middle missing.

    A block that was shortened before is shortened from the whole, not from its pieces. One
    that a marker would make longer stays as it is.
    """
    if len(block.text) <= most:
        return block
    whole = block.whole or block
    head = int(most * HEAD_SHARE)
    tail = most - head
    missing = len(whole.text) - head - tail
    marker = f"\n[… {missing + whole.cut_chars:,} characters left out …]\n"
    text = whole.text[:head] + marker + (whole.text[-tail:] if tail else "")
    if len(text) >= len(block.text):
        return block
    return replace(block, text=text, cut_chars=whole.cut_chars + missing, whole=whole)


def fit(blocks: Sequence[Block], budget: int) -> tuple[list[Block], int]:
    """Blocks of at most `budget` characters, and how many characters of text are missing."""
    kept = list(blocks)
    for kinds, least in _STEPS:
        kept = _shortened(kept, budget, least, lambda one: one.kind in kinds and not one.is_kept)  # noqa: B023 - called at once
    if _size(kept) > budget:
        kept = _marked(kept)
        kept = _shortened(kept, budget, _MIDDLE_LEAST, lambda one: not one.is_kept)
        kept = _without_middle(kept, budget)
    for least in _KEPT_LEAST:
        kept = _shortened(kept, budget, least, lambda one: True)
    if _size(kept) > budget:
        kept = _ends_only(kept, budget)
    return kept, sum(block.cut_chars for block in kept)


def _size(blocks: Iterable[Block]) -> int:
    return sum(block.size for block in blocks)


def _shortened(
    blocks: list[Block], budget: int, least: int, may: Callable[[Block], bool]
) -> list[Block]:
    """Shorten as few of the longest texts as it takes, all to one length, none below `least`: each
    costs a marker."""
    over = _size(blocks) - budget
    if over <= 0:
        return blocks
    long = [place for place, block in enumerate(blocks) if len(block.text) > least + MARKER_CHARS]
    chosen = [place for place in long if may(blocks[place])]
    chosen.sort(key=lambda place: -len(blocks[place].text))
    room, few = 0, 0
    while few < len(chosen) and room < over:
        room += len(blocks[chosen[few]].text) - least - MARKER_CHARS
        few += 1
    few = max(
        few, min(len(chosen), over // (20 * MARKER_CHARS))
    )  # share it where markers are cheap
    lengths = [len(blocks[place].text) for place in chosen[:few]]
    level = max(least, _level(lengths, over + MARKER_CHARS * few))
    shortened = list(blocks)
    for place in chosen[:few]:
        shortened[place] = shorten(blocks[place], level)
    return shortened


def _level(lengths: list[int], spare: int) -> int:
    """Return the length to which the longest are cut so that `spare` characters go. Longest
    first."""
    total = 0
    for count, length in enumerate(lengths, 1):
        total += length
        following = lengths[count] if count < len(lengths) else 0
        if total - following * count >= spare:
            return (total - spare) // count
    return 0


def _marked(blocks: list[Block]) -> list[Block]:
    """Return the same blocks with those marked as kept that the rule keeps."""
    said = [place for place, block in enumerate(blocks) if block.kind not in {"turn", "gap"}]
    users = [place for place in said if blocks[place].kind == "user"]
    errors = [place for place in said if blocks[place].kind == "error"]
    keep = {*users[:1], *users[-1:], *errors[-_KEPT_ERRORS:], *said[-_KEPT_LAST:]}
    return [
        replace(block, is_kept=block.is_kept or place in keep) for place, block in enumerate(blocks)
    ]


def _without_middle(blocks: list[Block], budget: int) -> list[Block]:
    """Leave out parts of what is not kept, evenly, until the rest fits."""
    over = _size(blocks) - budget
    if over <= 0:
        return blocks
    costs = _costs(blocks)
    gaps = min(_MOST_GAPS, max(1, over // _CHARS_OF_A_GAP))
    left_out = _spread(costs, over + GAP_CHARS * gaps, gaps)
    return _with_gaps(blocks, left_out | _empty_turns(blocks, left_out))


def _costs(blocks: list[Block]) -> list[tuple[int, int]]:
    """(place, characters that go with it) of all that may be left out. The heading of a turn
    goes with the turn's first block."""
    costs: list[tuple[int, int]] = []
    heading = 0
    for place, block in enumerate(blocks):
        if block.kind == "turn":
            heading = block.size
        elif block.kind != "gap" and not block.is_kept:
            costs.append((place, block.size + heading))
            heading = 0
        else:
            heading = 0
    return costs


def _spread(costs: list[tuple[int, int]], spare: int, stretches: int) -> set[int]:
    """Places to leave out, in some stretches that lie evenly, until `spare` characters go."""
    total = sum(cost for _place, cost in costs)
    if total <= spare:
        return {place for place, _cost in costs}
    left_out: set[int] = set()
    margin = (1 - spare / total) / 2  # of a part, on either side of what is left out of it
    gone = position = 0
    for place, cost in costs:
        part = min(stretches - 1, position * stretches // total)
        begins = total * (part + margin) / stretches
        if position + cost > begins and gone < spare * (part + 1) / stretches:
            left_out.add(place)
            gone += cost
        position += cost
    for place, cost in reversed(costs):
        if gone >= spare:
            break
        if place not in left_out:
            left_out.add(place)
            gone += cost
    return left_out


def _empty_turns(blocks: list[Block], left_out: set[int]) -> set[int]:
    """Return the headings of turns of which nothing stays."""
    empty: set[int] = set()
    heading: int | None = None
    for place, block in enumerate(blocks):
        if block.kind == "turn":
            empty |= {heading} if heading is not None else set()
            heading = place
        elif block.kind != "gap" and place not in left_out:
            heading = None
    return empty | ({heading} if heading is not None else set())


def _with_gaps(blocks: list[Block], left_out: set[int]) -> list[Block]:
    """Return the blocks with each stretch of left-out ones replaced by one marker."""
    with_markers: list[Block] = []
    stretch: list[Block] = []
    for place, block in enumerate(blocks):
        if place in left_out or (block.kind == "gap" and left_out):
            stretch.append(block)
            continue
        if stretch:
            with_markers.append(_gap(stretch))
            stretch = []
        with_markers.append(block)
    if stretch:
        with_markers.append(_gap(stretch))
    return with_markers


def _gap(stretch: list[Block]) -> Block:
    missing = 0
    for block in stretch:
        whole = block.whole or block
        missing += len(whole.text) + whole.cut_chars
    turns = [block.turns for block in stretch if block.turns]
    if not turns:
        return gap(missing)
    return gap(missing, (min(first for first, _ in turns), max(last for _, last in turns)))


def gap(missing: int, turns: Turns | None = None) -> Block:
    """Return the marker of what is missing."""
    words = f"{missing:,} characters left out here"
    if turns:
        first, last = turns
        named = f"turn {first:,}" if first == last else f"turns {first:,} to {last:,}"
        words = f"{named} left out here, {missing:,} characters"
    return Block(f"[… {words} …]", "", "gap", cut_chars=missing, turns=turns)


def _ends_only(blocks: list[Block], budget: int) -> list[Block]:
    """Keep what was said first and last: the last resort, for budgets smaller than the frames."""
    said = [place for place, block in enumerate(blocks) if block.kind not in {"turn", "gap"}]
    ends = {said[0], said[-1]} if said else set()
    kept = _with_gaps(blocks, set(range(len(blocks))) - ends)
    frames = sum(len(each.heading) + FRAME_CHARS + len(LINE_MARK) + MARKER_CHARS for each in kept)
    most = max(0, (budget - frames) // (3 * max(1, len(ends))))  # of a text of line ends
    return [shorten(block, most) for block in kept]
