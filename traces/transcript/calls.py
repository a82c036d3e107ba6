"""Which result, and which tool's span, belongs to which call of a conversation."""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import islice

from traces.records import Part
from traces.transcript.arguments import EQUAL, MORE, OTHER, UNKNOWN, Compared
from traces.transcript.drafts import Draft

#: How many waiting calls of one name are compared with a tool's span.
_NEAR = 50


class Calls:
    """The calls of a conversation; by their ids they are known in later turns too."""

    def __init__(self) -> None:
        self.compared = Compared()
        self._by_id: dict[str, Draft] = {}
        self._told: set[tuple[str, str]] = set()  # (id, result)
        self.turn = 0
        self._left: list[Draft] = []  # of earlier turns, without a result
        self._start()

    def start_turn(self) -> None:
        """Begin the next trace; calls that are still open may be given their result in it."""
        calls = [*self._left, *self._open[None, False]]
        self._left = [draft for draft in calls if draft.result is None][-_NEAR:]
        self.turn += 1
        self._start()

    def _start(self) -> None:
        # no result yet, by name (None: of any name) and whether only those without an id
        self._open: dict[tuple[str | None, bool], deque[Draft]] = defaultdict(deque)
        self._unseen: dict[str | None, deque[Draft]] = defaultdict(deque)  # no span yet
        self._alike: dict[tuple[str | None, int], deque[Draft]] = defaultdict(deque)

    def add(self, draft: Draft) -> None:
        """Note a call that a model asked for. Where its id served before, the newest call has
        it."""
        draft.turn = self.turn
        if draft.call_id:
            known = self._by_id.get(draft.call_id)
            if known is None or known.turn < self.turn or known.result is not None:
                self._by_id[draft.call_id] = draft
        for name in {draft.name or None, None}:
            self._open[name, False].append(draft)
            if not draft.call_id:
                self._open[name, True].append(draft)
        if not draft.is_context:  # the spans of this trace carried out none of these
            self._unseen[draft.name].append(draft)
            self._alike[draft.name, self.compared.digest(draft.arguments)].append(draft)

    def of_result(self, part: Part) -> Draft | None:
        """Return the call of a result: by id, else the first open call of that name. A result with
        another id goes to it only where no other call of that name is open."""
        call = self._by_id.get(part.id or "")
        if call is not None:
            self._told.add((part.id or "", part.text))
            return call
        call = self._first_open(part.name, bool(part.id))
        if call is None and part.id and part.name:
            call = self._first_open(part.name, False)
            rest = islice(self._open[part.name, False], 1, None)
            if any(other.result is None for other in islice(rest, _NEAR)):
                return None
        return call or self._left_open(part)

    def _left_open(self, part: Part) -> Draft | None:
        """Return the only call of an earlier turn that a result may belong to, where one of them
        has no id."""
        may = [
            draft
            for draft in self._left
            if draft.result is None
            and not (part.id and draft.call_id)
            and part.name in {None, draft.name}
        ]
        return may[0] if len(may) == 1 else None

    def awaits(self, part: Part) -> bool:
        """Say whether the newest call with the id of a result is still open, and this result is one
        that no earlier call was given: ids that count anew in each turn come again."""
        known = self._by_id.get(part.id or "")
        is_open = known is not None and known.result is None and known.turn == self.turn
        return is_open and (part.id or "", part.text) not in self._told

    def of_id(self, part: Part) -> Draft | None:
        """Return the call with the id of a tool's span; one of an earlier turn only while it is
        open."""
        call = self._by_id.get(part.id or "")
        if call is None or call.turn == self.turn:
            return call
        return None if call.has_span or call.result is not None else call

    def of_span(self, part: Part, output: str, start: int) -> Draft | None:
        """Return the call that a tool's span carried out: by arguments and result, open calls
        first."""
        waiting = self._unseen[part.name]
        alike = self._alike[part.name, self.compared.digest(part.text)]
        for listed in (waiting, alike):
            while listed and listed[0].has_span:
                listed.popleft()
        best, best_rank = None, 0
        for draft in (*islice(alike, _NEAR), *islice(waiting, _NEAR)):
            rank = 0 if draft.has_span else self._rank(draft, part, output, start)
            if rank > best_rank:
                best, best_rank = draft, rank
        return best

    def _rank(self, draft: Draft, part: Part, output: str, start: int) -> int:
        """Return how well a call fits a tool's span that began at `start`; 0 when it cannot be the
        one."""
        alike = self.compared.compare(draft.arguments, part.text)
        is_open = draft.result is None
        is_same_result = bool(output) and not is_open and _bare(draft.result) == _bare(output)
        if draft.result_when is not None and draft.result_when < start and not is_same_result:
            return 0  # its result was known before this span began
        if draft.call_id and part.id:  # else they would have met by it
            return 1 + is_open if alike == EQUAL and draft.arguments != "{}" else 0
        if alike == OTHER and not is_same_result:
            return 0
        return {EQUAL: 8, MORE: 6, UNKNOWN: 4, OTHER: 3}[alike] + is_open

    def _first_open(self, name: str | None, is_without_id: bool) -> Draft | None:
        """Return the first call of that name without a result; with `is_without_id` only one
        without an id, since two ids that belong together would have met."""
        waiting = self._open[name or None, is_without_id]
        while waiting and waiting[0].result is not None:
            waiting.popleft()
        return waiting[0] if waiting else None


def _bare(text: str | None) -> str:
    return "".join((text or "").split())
