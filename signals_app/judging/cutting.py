"""A transcript made to fit what the judge may read, by a rule that can be stated:

1. System prompts and what tools returned are shortened, then what tools were asked.
2. The middle of the conversation is left out, from the centre outwards. Kept are the first
   and last thing the user said, errors, the last entries and the final output.
3. What is kept is shortened, the longest first.

A shortened text keeps its beginning and its end; wherever something is missing, a marker
says how many characters. Pure: it knows blocks of text, not where they come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

#: What the frame of a block costs beside its text: its heading, and a mark on every line.
FRAME_CHARS = 4
LINE_MARK = "| "
HEAD_SHARE = 0.7
#: (kinds, most characters of one text), applied one after the other until all fits.
_STEPS: tuple[tuple[frozenset[str], int], ...] = (
    (frozenset({"system", "result"}), 4000),
    (frozenset({"system", "result"}), 1000),
    (frozenset({"system", "result", "call"}), 300),
)
_KEPT_CAPS = (8000, 4000, 2000, 1000, 500, 250, 100)
_KEPT_LAST = 8
_KEPT_ERRORS = 10


@dataclass(frozen=True, slots=True)
class Block:
    """One text under a heading. kind: system, user, assistant, call, result, error or gap."""

    heading: str
    text: str
    kind: str
    is_kept: bool = False
    cut_chars: int = 0  # of its text, missing
    whole: Block | None = None  # what it was before it was shortened

    @property
    def size(self) -> int:
        """Characters when written down."""
        lines = self.text.count("\n") + 1
        return len(self.heading) + len(self.text) + len(LINE_MARK) * lines + FRAME_CHARS


def shorten(block: Block, most: int) -> Block:
    """The block with at most about `most` characters of its text, the middle missing.

    A block that was shortened before is shortened from the whole, not from its pieces.
    """
    if len(block.text) <= most or block.kind == "gap":
        return block
    whole = block.whole or block
    head = int(most * HEAD_SHARE)
    tail = most - head
    missing = len(whole.text) - head - tail
    if missing <= 0:
        return block
    marker = f"\n[… {missing:,} characters left out …]\n"
    text = whole.text[:head] + marker + (whole.text[-tail:] if tail else "")
    return replace(block, text=text, cut_chars=whole.cut_chars + missing, whole=whole)


def fit(blocks: Sequence[Block], budget: int) -> tuple[list[Block], int]:
    """Blocks of at most `budget` characters, and how many characters of text are missing."""
    kept = list(blocks)
    for kinds, most in _STEPS:
        if _size(kept) <= budget:
            break
        kept = [shorten(block, most) if block.kind in kinds else block for block in kept]
    if _size(kept) > budget:
        kept = _without_middle(_marked(kept), budget)
    for most in _KEPT_CAPS:
        if _size(kept) <= budget:
            break
        kept = [shorten(block, most) for block in kept]
    if _size(kept) > budget:
        kept = _ends_only(kept, budget)
    return kept, sum(block.cut_chars for block in kept)


def _size(blocks: Iterable[Block]) -> int:
    return sum(block.size for block in blocks)


def _marked(blocks: list[Block]) -> list[Block]:
    """The same blocks with those marked as kept that the rule keeps."""
    users = [place for place, block in enumerate(blocks) if block.kind == "user"]
    errors = [place for place, block in enumerate(blocks) if block.kind == "error"]
    keep = {*users[:1], *users[-1:], *errors[-_KEPT_ERRORS:]}
    keep.update(range(max(0, len(blocks) - _KEPT_LAST), len(blocks)))
    return [
        replace(block, is_kept=block.is_kept or place in keep) for place, block in enumerate(blocks)
    ]


def _without_middle(blocks: list[Block], budget: int) -> list[Block]:
    """Leave out what is not kept, from the centre outwards, until the rest fits."""
    centre = len(blocks) / 2
    candidates = [place for place, block in enumerate(blocks) if not block.is_kept]
    candidates.sort(key=lambda place: abs(place - centre))
    size = _size(blocks)
    left_out: set[int] = set()
    room = budget - 60 * (1 + min(len(candidates), 20))  # for the markers
    for place in candidates:
        if size <= room:
            break
        left_out.add(place)
        size -= blocks[place].size
    return _with_gaps(blocks, left_out)


def _with_gaps(blocks: list[Block], left_out: set[int]) -> list[Block]:
    """The blocks with each stretch of left-out ones replaced by one marker."""
    found: list[Block] = []
    stretch: list[Block] = []
    for place, block in enumerate(blocks):
        if place in left_out:
            stretch.append(block)
            continue
        if stretch:
            found.append(_gap(stretch))
            stretch = []
        found.append(block)
    if stretch:
        found.append(_gap(stretch))
    return found


def _gap(stretch: list[Block]) -> Block:
    missing = 0
    for block in stretch:
        whole = block.whole or block
        missing += len(whole.text) + whole.cut_chars
    return Block(f"[… {missing:,} characters left out here …]", "", "gap", cut_chars=missing)


def _ends_only(blocks: list[Block], budget: int) -> list[Block]:
    """The last resort, for budgets smaller than the frames: what was said first and last."""
    said = [place for place, block in enumerate(blocks) if block.kind != "gap"]
    ends = {said[0], said[-1]} if said else set()
    kept = _with_gaps(blocks, set(range(len(blocks))) - ends)
    most = max(20, (budget - 120 * len(kept)) // max(1, len(ends)))
    return [shorten(block, most) for block in kept]
