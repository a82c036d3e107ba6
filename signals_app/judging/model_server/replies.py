"""From one chat completion to what it says: a verdict, a refusal, or why it is not usable."""

from __future__ import annotations

from dataclasses import dataclass, replace

from signals_app.judging import verdict
from signals_app.judging.endpoint import Prices
from signals_app.judging.model_server.completions import Reply
from signals_app.judging.prompt import EXAMPLE_REASON
from signals_app.judging.questions import Ruling, Usage, failed
from signals_app.models import Outcome, ReasonCode


@dataclass(frozen=True, slots=True)
class Read:
    """What an answer says: a verdict, or a refusal, or why it is not usable."""

    verdict: verdict.Verdict | None = None
    why: str = ""
    refusal: str = ""


def read(reply: Reply, labels: list[str], wordless: verdict.Verdict | None = None) -> Read:
    """Return what one answer says. wordless: what the one before it said, without a reason; it
    stands if this one has no reason either, unless they differ."""
    if reply.refusal or reply.finish == "content_filter":
        words = verdict.clean(reply.refusal) or "its content filter stopped the answer"
        return Read(refusal=f"The judge declined to answer: {words}")
    try:
        answer = _verdict(reply, labels)
    except verdict.Unreadable as error:
        return Read(wordless, _unreadable(str(error), reply))
    if answer.explanation == EXAMPLE_REASON:  # small models repeat what they were shown
        answer = replace(answer, explanation="")
    if answer.explanation:
        return Read(answer)
    if wordless and wordless.label != answer.label:
        return Read(why="two answers without a reason differ")
    return Read(answer, "the reason has no words")


def _verdict(reply: Reply, labels: list[str]) -> verdict.Verdict:
    """Read the verdict in the answer; where thoughts stand only if there is no answer and it is
    whole."""
    if not reply.text.strip() and reply.aside and reply.finish != "length":
        return verdict.read(reply.aside, labels, is_aside=True)
    return verdict.read(reply.text, labels)


def ruled(answer: Read, usage: Usage, model: str, prices: Prices) -> Ruling:
    """Make the outcome of what was read; usage: of all calls that it took."""
    if answer.refusal:
        made = Ruling(Outcome.REFUSED, reason=answer.refusal)
    elif answer.verdict is None:
        made = failed(f"The judge gave no usable answer, twice: {answer.why}.")
    elif answer.verdict.label is None:
        words = answer.verdict.explanation or "the judge gave no reason."
        code = ReasonCode.CANNOT_TELL
        made = Ruling(Outcome.SKIPPED, reason=f"Cannot tell: {words}", reason_code=code)
    else:
        label, words = answer.verdict.label, answer.verdict.explanation
        made = Ruling(Outcome.LABELLED, label=label, explanation=words)
    return made.but(usage=usage, cost_usd=cost_usd(usage, prices), model=model)


def _unreadable(why: str, reply: Reply) -> str:
    if reply.finish == "length":
        return f"{why} (it was cut off at the model's output limit: raise JUDGE_MAX_OUTPUT_TOKENS)"
    if not reply.text.strip() and reply.aside:
        return f"{why} (the server put its text under the model's reasoning: switch that off)"
    return why


def cost_usd(usage: Usage, prices: Prices) -> float | None:
    """Return what an answer cost; None while the price or the tokens are not known."""
    return prices.of(usage.input_tokens, usage.output_tokens, usage.cached_tokens)
