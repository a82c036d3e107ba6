"""Answers in text: what was found, what was left out, and the call that gets it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.mcp import token_budget
from api.mcp.fencing import Fence

#: What the lines around the rows of a list may cost: what is left out, and the next call.
_FOOT = 220
#: No row of a list takes the room of so many: the next page must begin behind a row.
ROWS_AT_LEAST = 4


@dataclass(frozen=True, slots=True)
class Pending:
    """The answer of something that goes on: `look` says how far it is, `show` answers it as it is
    by then. wait_s: how long the caller wishes to wait for its end."""

    look: Callable[[], Progress]
    show: Callable[[], str]
    wait_s: float


@dataclass(frozen=True, slots=True)
class Progress:
    done: int
    total: int
    is_over: bool


def call(tool: str, **arguments: Any) -> str:
    """Write a call as it is to be made, without the arguments that are not given."""
    given = [f"{name}={_written(value)}" for name, value in arguments.items() if _is_given(value)]
    return f"{tool}({', '.join(given)})"


def _is_given(value: Any) -> bool:
    return value not in (None, "", (), [])


def _written(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return {True: "true", False: "false"}.get(value, str(value)) if value in (0, 1) else str(value)


def listed(
    head: Sequence[str],
    rows: Sequence[str],
    foot: Callable[[int], Sequence[str]],
    *,
    most: int,
    is_fenced: bool = True,
) -> str:
    """Return a list of as many rows as fit into `most` tokens.

    foot: the lines behind it, given how many rows are shown; short ones. is_fenced: the rows hold
    text of traces.
    """
    fence = Fence()
    around = fence.around([]) if is_fenced and rows else []
    spent = sum(token_budget.estimate(line) for line in [*head, *around]) + _FOOT
    shown: list[str] = []
    for whole in rows:
        row = trimmed(whole, most // ROWS_AT_LEAST)
        spent += token_budget.estimate(row) + 1
        if spent > most:
            break
        shown.append(row.replace(fence.code, "…"))
    body = fence.around(shown) if is_fenced and shown else shown
    return "\n".join([*head, *body, *foot(len(shown))])


def within(lines: Sequence[str], most: int, what: str) -> list[str]:
    """Return as many lines from the first on as fit into `most` tokens; the last one says how many
    of `what` are missing."""
    kept: list[str] = []
    spent = 0
    for line in lines:
        spent += token_budget.estimate(line) + 1
        if spent > most:
            return [*kept, f"[… {len(lines) - len(kept)} {what} left out …]"]
        kept.append(line)
    return kept


def cut(text: str, next_call: str) -> str:
    """Return the text, or as much of it as is within what any answer may cost."""
    if token_budget.estimate(text) <= token_budget.MOST:
        return text
    note = token_budget.CUT.format(most=token_budget.MOST, next_call=next_call)
    return trimmed(text, token_budget.MOST - token_budget.estimate(note)) + note


def trimmed(text: str, most: int) -> str:
    """Return the beginning of a text that costs at most `most` tokens."""
    kept = text
    while (cost := token_budget.estimate(kept)) > most:
        kept = kept[: min(len(kept) - 1, int(len(kept) * most / cost))]
    return kept


def moment(at: datetime | None) -> str:
    """Write a moment in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "never"


def share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"
