"""The two hand-offs as prompts, from the same files that are published as skills."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import mcp_types
from django.conf import settings

SKILLS = Path(settings.BASE_DIR) / "skills"


@dataclass(frozen=True, slots=True)
class HandOff:
    """name: of the skill's folder. request: what the person asks for, with the argument in it."""

    name: str
    title: str
    argument: str
    about: str
    request: str


HAND_OFFS = (
    HandOff(
        name="explain-more-failures",
        title="Why more failures?",
        argument="signal",
        about="The signal's name or id.",
        request="The signal {value!r} shows more failures this week: find out why and propose a"
        " fix.",
    ),
    HandOff(
        name="find-signals-for-agent",
        title="Which signals for this agent?",
        argument="agent",
        about="The agent's name or id.",
        request="Which signals would catch the most common failures of the agent {value!r}?",
    ),
)
BY_NAME = {each.name: each for each in HAND_OFFS}
MOST_CHARS = 300


def listed() -> list[mcp_types.Prompt]:
    """Return the prompts as clients see them."""
    return [
        mcp_types.Prompt(
            name=each.name,
            title=each.title,
            description=each.request.format(value="…"),
            arguments=[
                mcp_types.PromptArgument(name=each.argument, description=each.about, required=True)
            ],
        )
        for each in HAND_OFFS
    ]


def message(name: str, given: dict[str, str]) -> str:
    """Return what the person says with this prompt. Raises KeyError for what is no prompt, and
    ValueError for an argument that is missing."""
    hand_off = BY_NAME[name]
    value = given.get(hand_off.argument, "").strip()[:MOST_CHARS]
    if not value:
        raise ValueError(f"Give the argument {hand_off.argument}: {hand_off.about}")
    return f"{hand_off.request.format(value=value)}\n\n{steps(name)}"


@cache
def steps(name: str) -> str:
    """Return the steps of a skill, without the heading that is for programs."""
    text = (SKILLS / name / "SKILL.md").read_text(encoding="utf-8")
    return text.split("---\n", 2)[2].strip()
