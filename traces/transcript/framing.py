"""Finding an agent's own question and answer among what its model calls have said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from traces.records import Message
from traces.transcript.drafts import Draft
from traces.transcript.frames import Frame

#: Frames of one turn whose answer is moved behind the model calls that came after it.
_MOST_MOVED = 20
#: A text cut off by its sender is known by as many characters.
_CUT_CHARS = 200


#: A shorter question may stand in other words by chance.
_TELLING_CHARS = 12


class Framing:
    """The messages of one turn by their words: each is claimed by one frame at most."""

    def __init__(self, drafts: list[Draft], digest: Callable[[str], int]) -> None:
        self._drafts = list(drafts)
        self._digest = digest
        self._moved = 0
        self._said: dict[tuple[str, int], list[Draft]] = defaultdict(list)
        self._cut: dict[str, list[Draft]] = defaultdict(list)
        for draft in drafts:
            if draft.kind == "message":
                self._add(draft)

    @property
    def has_system(self) -> bool:
        return any(draft.role == "system" for draft in self._drafts)

    def claim_question(self, message: Message, frame: Frame) -> bool:
        """Whether a model call of this turn was given the question; then it stands there."""
        found = self._find(message, frame, is_last=False)
        if found is not None:
            found.is_framed, found.agent = True, frame.agent_name or found.agent
            found.is_context, found.counterpart = False, None
        return found is not None

    def claim_answer(self, message: Message, frame: Frame) -> bool:
        """Whether a model call gave the answer; it moves behind the calls that came after it."""
        found = self._find(message, frame, is_last=True)
        if found is None:
            return False
        found.is_framed, found.counterpart = True, None
        if self._moved < _MOST_MOVED:
            self._moved += 1
            later = [one for one in self._drafts if found.when < one.when <= frame.end]
            if later and all(one.kind == "message" for one in later):
                found.when, found.rank = frame.end, 1
        return True

    def mark_prompts(self, frames: list[Frame]) -> None:
        """What an application wrote around a question ("Current task: …") was not said by the
        user, who asked the question itself: it is an instruction like those of the system."""
        asked = [_bare(part.text) for frame in frames[:_MOST_MOVED] for one in frame.asked
                 for part in one.parts]  # fmt: skip
        asked = [text for text in asked if len(text) >= _TELLING_CHARS]
        for draft in self._drafts:
            if draft.kind != "message" or draft.role != "user" or draft.is_framed:
                continue
            said = _bare("".join(part.text for part in draft.parts))
            if any(text in said and text != said for text in asked):
                draft.role = "system"

    def _add(self, draft: Draft) -> None:
        texts = [part.text for part in draft.parts if part.type != "reasoning"]
        for text in {"".join(texts), *texts}:
            self._said[draft.role, self._digest(text)].append(draft)
        whole = "".join("".join(texts).split())
        if len(whole) >= _CUT_CHARS:
            self._cut[whole[:_CUT_CHARS]].append(draft)

    def _find(self, message: Message, frame: Frame, is_last: bool) -> Draft | None:
        text = "".join(part.text for part in message.parts)
        listed = self._said.get((message.role, self._digest(text))) or self._cut_off(text)
        free = [draft for draft in listed if not draft.is_framed and draft.role == message.role]
        near = [draft for draft in free if frame.start <= draft.when <= frame.end] or free
        return (near[-1] if is_last else near[0]) if near else None

    def _cut_off(self, text: str) -> list[Draft]:
        """Messages of which this text is the beginning, or that are the beginning of it."""
        whole = "".join(text.split()).rstrip(".…")
        if len(whole) < _CUT_CHARS:
            return []
        found = []
        for draft in self._cut.get(whole[:_CUT_CHARS], [])[:10]:
            said = "".join("".join(part.text.split()) for part in draft.parts).rstrip(".…")
            if said.startswith(whole) or whole.startswith(said):
                found.append(draft)
        return found


def _bare(text: str) -> str:
    return "".join(text.split())
