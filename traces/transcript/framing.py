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
        """Say whether a model call of this turn was given the question; then it stands there."""
        draft = self._find(message, frame, is_last=False)
        if draft is not None:
            draft.is_framed, draft.agent = True, frame.agent_name or draft.agent
            draft.is_context, draft.counterpart = False, None
        return draft is not None

    def claim_answer(self, message: Message, frame: Frame) -> bool:
        """Say whether a model call gave the answer; it moves behind the calls that came after
        it."""
        draft = self._find(message, frame, is_last=True)
        if draft is None:
            return False
        draft.is_framed, draft.counterpart = True, None
        if self._moved < _MOST_MOVED:
            self._moved += 1
            later = [other for other in self._drafts if draft.when < other.when <= frame.end]
            if later and all(other.kind == "message" for other in later):
                draft.when, draft.rank = frame.end, 1
        return True

    def mark_prompts(self, frames: list[Frame]) -> None:
        """Make what an application wrote around a question ("Current task: …") an instruction like
        those of the system: the user asked the question itself."""
        questions = [
            _bare(part.text)
            for frame in frames[:_MOST_MOVED]
            for message in frame.question
            for part in message.parts
        ]
        questions = [text for text in questions if len(text) >= _TELLING_CHARS]
        for draft in self._drafts:
            if draft.kind != "message" or draft.role != "user" or draft.is_framed:
                continue
            prompt = _bare("".join(part.text for part in draft.parts))
            if any(text in prompt and text != prompt for text in questions):
                draft.role = "system"

    def _add(self, draft: Draft) -> None:
        texts = [part.text for part in draft.parts if part.type != "reasoning"]
        for text in {"".join(texts), *texts}:
            self._said[draft.role, self._digest(text)].append(draft)
        bare = "".join("".join(texts).split())
        if len(bare) >= _CUT_CHARS:
            self._cut[bare[:_CUT_CHARS]].append(draft)

    def _find(self, message: Message, frame: Frame, is_last: bool) -> Draft | None:
        text = "".join(part.text for part in message.parts)
        listed = self._said.get((message.role, self._digest(text))) or self._cut_off(text)
        free = [draft for draft in listed if not draft.is_framed and draft.role == message.role]
        near = [draft for draft in free if frame.start <= draft.when <= frame.end] or free
        return (near[-1] if is_last else near[0]) if near else None

    def _cut_off(self, text: str) -> list[Draft]:
        """Return the messages of which this text is the beginning, or that are the beginning of
        it."""
        bare = "".join(text.split()).rstrip(".…")
        if len(bare) < _CUT_CHARS:
            return []
        drafts = []
        for draft in self._cut.get(bare[:_CUT_CHARS], [])[:10]:
            other = "".join("".join(part.text.split()) for part in draft.parts).rstrip(".…")
            if other.startswith(bare) or bare.startswith(other):
                drafts.append(draft)
        return drafts


def _bare(text: str) -> str:
    return "".join(text.split())
