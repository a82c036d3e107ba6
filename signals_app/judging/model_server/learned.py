"""What was learned about one endpoint and model: what requests it takes, how much it reads.

Servers that speak the OpenAI protocol differ in both, and say so only when asked too much.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from signals_app.judging.model_server.context_limits import Limit
from signals_app.judging.model_server.errors import Reading, Trouble

FORMS = ("json_schema", "json_object", "plain")
#: How the bound of an answer is called: OpenAI's name, the older one, and not at all.
BOUNDS = ("max_completion_tokens", "max_tokens", "")


@dataclass(frozen=True, slots=True)
class Learned:
    """max_output: tokens of one answer, None as in the settings. room: tokens, by our own
    estimate, of the longest transcript that fits. context: tokens, as the server says or shows.
    cuts: it leaves out what does not fit and says nothing."""

    form: str = FORMS[0]
    has_temperature: bool = True
    bound: str = BOUNDS[0]
    max_output: int | None = None
    room: int | None = None
    context: int | None = None
    cuts: bool = False

    def but(self, **changes: object) -> Learned:
        return replace(self, **changes)  # type: ignore[arg-type]

    def after(self, refused: Reading, most: int) -> Learned | None:
        """Return what to ask for next when a request was refused; None when nothing is left to
        change. most: tokens of the answer that it asked for."""
        trouble = refused.trouble
        if trouble is Trouble.TEMPERATURE:
            return self.but(has_temperature=False) if self.has_temperature else None
        if trouble is Trouble.FORM:
            return self.but(form=self.plainer_form) if self.plainer_form else None
        if trouble is Trouble.BOUND and self.bound:
            allowed = refused.limit.tokens
            if allowed is not None and allowed < most:
                return self.but(max_output=allowed)
            return self.but(bound=self.next_bound)
        if trouble is Trouble.TOO_LONG and self.bound and refused.limit.tokens:
            return self._with_room(refused.limit, most)
        return None

    def _with_room(self, limit: Limit, most: int) -> Learned | None:
        """Ask for a smaller answer where it was its bound that did not fit beside the prompt."""
        quarter = max(64, (limit.tokens or 0) // 4)
        does_prompt_fit = limit.prompt is not None and limit.prompt < (limit.tokens or 0)
        if most <= quarter or not (does_prompt_fit or most > 2 * quarter):
            return None
        return self.but(max_output=quarter)

    @property
    def plainer_form(self) -> str | None:
        """The next answer form to try; None when there is none."""
        return _after(FORMS, self.form)

    @property
    def next_bound(self) -> str | None:
        return _after(BOUNDS, self.bound)

    @property
    def manners(self) -> dict[str, Any]:
        """What is not as usual in its requests, as stored; the answer form stands by itself."""
        usual = Learned()
        stored = {name: getattr(self, name) for name in ("has_temperature", "bound", "max_output")}
        return {name: value for name, value in stored.items() if value != getattr(usual, name)}


def of(form: str, manners: dict[str, Any]) -> Learned:
    """Read what is stored, whatever it is; what makes no sense is as usual."""
    learned = Learned()
    if form in FORMS:
        learned = learned.but(form=form)
    if manners.get("has_temperature") is False:
        learned = learned.but(has_temperature=False)
    if manners.get("bound") in BOUNDS:
        learned = learned.but(bound=manners["bound"])
    most = manners.get("max_output")
    if isinstance(most, int) and most > 0:
        learned = learned.but(max_output=most)
    return learned


def _after(steps: tuple[str, ...], step: str) -> str | None:
    place = steps.index(step) + 1
    return steps[place] if place < len(steps) else None
