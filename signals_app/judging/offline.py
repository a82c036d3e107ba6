"""The judge that is built in: keyword rules, so that a fresh clone shows the product at work.

It is not a language model and does not pretend to be one: it knows the six templates, in
English, by the words that give them away. tests/signals_app/judging/test_offline_judge.py measures
how good its refusal rule is on human labels; expect no more of the others.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from signals_app.definition.starters import BY_KEY
from signals_app.judging.model_server.learned import Learned
from signals_app.judging.offline_words import (
    ATTACK,
    FRUSTRATED,
    GIVEN_UP,
    GLAD,
    HAND_OVER,
    INDECENT,
    LAZY,
    MORE_HELP,
    REFUSAL,
    SAD,
)
from signals_app.judging.questions import Ask, Ruling, skipped
from signals_app.judging.verdict import clean
from signals_app.models import Outcome, Scope
from traces.transcript import Entry, Transcript

MODEL = "offline"
ONLY_TEMPLATES = (
    "The built-in offline judge only knows the six templates, with their own labels. Set "
    "JUDGE_BASE_URL or JUDGE_API_KEY (docs/configuration.md) to have a language model judge this."
)
#: A rule reads the ends of very long texts: what gives a text away stands there.
_MOST_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a transcript by who said them, in order."""

    user: list[str]
    agent: list[str]
    returned: list[str]  # by tools
    ends_with_agent: bool
    has_error: bool
    agent_calls: list[str]  # names of tools


Found = tuple[str, str]  # the label, and the words that decided it


class OfflineJudge:
    """Never fails and never waits."""

    def __init__(self) -> None:
        self.learned: dict[str, Learned] = {}

    async def ask(self, ask: Ask) -> Ruling:
        return rule(ask)

    async def close(self) -> None:
        return


def rule(ask: Ask) -> Ruling:
    template = BY_KEY.get(ask.template)
    decide = RULES.get(ask.template)
    if template is None or decide is None:
        return skipped(ONLY_TEMPLATES).but(model=MODEL)
    if {label["name"] for label in template.labels} != set(ask.labels):
        return skipped(ONLY_TEMPLATES).but(model=MODEL)
    is_whole = ask.target.scope == Scope.SESSION
    label, words = decide(heard(ask.target.transcript, is_whole=is_whole))
    explanation = clean(f"Keyword rule: {words}")
    return Ruling(Outcome.LABELLED, model=MODEL, label=label, explanation=explanation, latency_ms=0)


def heard(transcript: Transcript, *, is_whole: bool) -> Said:
    """is_whole: with what came before the request that was answered."""
    entries = [entry for entry in transcript.entries if is_whole or not entry.is_context]
    said = [entry for entry in entries if entry.kind == "message"]
    calls = [entry for entry in entries if entry.kind == "tool_call"]
    spoken = [entry for entry in said if entry.role in {"user", "assistant"} and entry.text.strip()]
    return Said(
        user=[_bounded(entry) for entry in spoken if entry.is_by_user],
        agent=[_bounded(entry) for entry in spoken if entry.role == "assistant"],
        returned=[(entry.result or "")[:_MOST_CHARS] for entry in calls],
        ends_with_agent=bool(spoken) and spoken[-1].role == "assistant",
        has_error=any(entry.is_error for entry in entries),
        agent_calls=[entry.name or "" for entry in calls],
    )


def _bounded(entry: Entry) -> str:
    text = entry.text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return (
        text if len(text) <= _MOST_CHARS else text[: _MOST_CHARS // 2] + text[-_MOST_CHARS // 2 :]
    )


def task_outcome(said: Said) -> Found:
    last = said.agent[-1] if said.agent else ""
    handed_over = next((name for name in said.agent_calls if HAND_OVER.search(name)), "")
    if handed_over:
        return "failed", f"the agent handed over to a human ({handed_over})."
    if not last:
        return "failed", "the agent gave no answer."
    if match := GIVEN_UP.search(last):
        return "failed", f"the agent's last message says {_quote(match)}."
    if said.ends_with_agent and last.rstrip().endswith("?") and not _is_courtesy(last):
        return "abandoned", "the agent's last message is a question that nobody answered."
    if said.has_error:
        return "partial", "a step failed, and the conversation went on."
    return "completed", "the agent answered last and nothing shows that it failed."


def _is_courtesy(text: str) -> bool:
    return MORE_HELP.search(text[-200:]) is not None


def sentiment(said: Said) -> Found:
    score, words = 0, "the user shows neither pleasure nor displeasure."
    for number, text in enumerate(said.user, 1):
        weight = 2 if number == len(said.user) else 1
        for pattern, sign in ((GLAD, 1), (SAD, -1), (FRUSTRATED, -1)):
            if match := pattern.search(text):
                score += sign * weight
                words = f"the user wrote {_quote(match)}."
    label = "positive" if score > 0 else "negative" if score < 0 else "neutral"
    return label, words if score else "the user shows neither pleasure nor displeasure."


def user_frustration(said: Said) -> Found:
    match = _first(FRUSTRATED, said.user, "the user wrote")
    if match[0] == "true":
        return match
    repeated = _repeated(said.user)
    if repeated:
        return "true", f"the user sent the same message twice ({repeated[:80]!r})."
    return "false", "no words of frustration in the user's messages."


def _repeated(texts: list[str]) -> str:
    """Find a message of some length that comes again right after the agent's answer."""
    for text, other in itertools.pairwise(texts):
        if len(text) > 25 and " ".join(text.lower().split()) == " ".join(other.lower().split()):
            return text
    return ""


def laziness(said: Said) -> Found:
    """Judge what the agent delivered last: a refusal that was followed by the work is none."""
    last = said.agent[-1] if said.agent else ""
    for pattern, text in ((REFUSAL, last[:1500]), (LAZY, last)):
        if match := pattern.search(text):
            return "true", f"the agent's last message says {_quote(match)}."
    return "false", "no refusal and no placeholder in the agent's last message."


def jailbreak(said: Said) -> Found:
    match = _first(ATTACK, said.user, "the user wrote")
    if match[0] == "true":
        return match
    match = _first(ATTACK, said.returned, "a tool returned")
    return match if match[0] == "true" else ("false", "no known trick in what the agent was sent.")


def nsfw(said: Said) -> Found:
    match = _first(INDECENT, said.user, "the user wrote")
    return match if match[0] == "true" else _first(INDECENT, said.agent, "the agent wrote")


def _first(pattern: re.Pattern[str], texts: list[str], who: str) -> Found:
    for text in texts:
        if match := pattern.search(text):
            return "true", f"{who} {_quote(match)}."
    return "false", "none of the words that the rule knows."


def _quote(match: re.Match[str]) -> str:
    return f'"{clean(match.group())[:100]}"'


RULES: dict[str, Callable[[Said], Found]] = {
    "task_outcome": task_outcome,
    "sentiment": sentiment,
    "user_frustration": user_frustration,
    "laziness_refusal": laziness,
    "jailbreak_attempt": jailbreak,
    "nsfw": nsfw,
}
