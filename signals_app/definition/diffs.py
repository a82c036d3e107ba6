"""What differs between two versions of a question. Pure: two questions in, a Diff out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from signals_app.definition.versions import plain_label, plain_lines
from signals_app.models import JudgeEndpoint, SignalVersion

#: Unchanged lines that stay on either side of a change.
CONTEXT = 2
#: Lines less alike than this were rewritten: to mark words in them would only confuse.
ALIKE = 0.5
WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Question:
    """All that a version asks. labels: as in SignalVersion.labels.

    endpoint: a judge of the project, else judge_model is a model of the environment's, else ("")
    the project's default answers.
    """

    type: str
    prompt: str
    labels: Sequence[Mapping[str, str]]
    sample_rate: float
    judge_model: str = ""
    endpoint: JudgeEndpoint | None = None

    @classmethod
    def of(cls, version: SignalVersion) -> Question:
        return cls(
            type=version.type,
            prompt=version.prompt,
            labels=version.labels,
            sample_rate=version.sample_rate,
            judge_model=version.judge_model,
            endpoint=version.endpoint,
        )


@dataclass(frozen=True)
class Part:
    """A piece of a line; `changed` where it differs from the line it took the place of."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class Line:
    """kind: "same", "added", "removed", or "hidden" for `n` unchanged lines left out."""

    kind: str
    parts: tuple[Part, ...] = ()
    n: int = 1


@dataclass(frozen=True)
class LabelChange:
    """kind: "added", "removed", "changed" or "moved"; sentences say what became of it."""

    kind: str
    name: str
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class ValueChange:
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Diff:
    lines: list[Line]
    labels: list[LabelChange]
    values: list[ValueChange]

    def __bool__(self) -> bool:
        return bool(self.lines or self.labels or self.values)


def diff(before: Question, after: Question) -> Diff:
    """Falsy where both ask the same."""
    return Diff(
        lines=_lines(plain_lines(before.prompt), plain_lines(after.prompt)),
        labels=_labels(before, after),
        values=list(_values(before, after)),
    )


def _values(before: Question, after: Question) -> Iterator[ValueChange]:
    if before.type != after.type:
        names = dict(SignalVersion.Type.choices)
        yield ValueChange("Type", str(names[before.type]), str(names[after.type]))
    if not math.isclose(before.sample_rate, after.sample_rate, rel_tol=1e-9):
        yield ValueChange("Sample rate", _percent(before), _percent(after))
    judges = _judge(before), _judge(after)
    if (before.endpoint, before.judge_model.strip()) != (after.endpoint, after.judge_model.strip()):
        yield ValueChange("Judge", *judges)


def _judge(question: Question) -> str:
    if question.endpoint is not None:
        return question.endpoint.name
    model = question.judge_model.strip()
    return f"{model} of the environment" if model else "the default"


def _percent(question: Question) -> str:
    return f"{question.sample_rate * 100:.6g} %"


def _labels(before: Question, after: Question) -> list[LabelChange]:
    old = {label["name"]: label for label in map(plain_label, before.labels)}
    new = {label["name"]: label for label in map(plain_label, after.labels)}
    changes = [LabelChange("removed", name) for name in old if name not in new]
    for name, label in new.items():
        if name not in old:
            changes.append(LabelChange("added", name, (label["sentiment"], label["meaning"])))
        elif label != old[name]:
            changes.append(LabelChange("changed", name, tuple(_said(old[name], label))))
    if not changes and list(old) != list(new):
        changes = [LabelChange("moved", ", ".join(new), ("the same labels in another order",))]
    return changes


def _said(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    if old["sentiment"] != new["sentiment"]:
        yield f"{old['sentiment']} → {new['sentiment']}"
    if old["meaning"] != new["meaning"]:
        yield f"“{old['meaning'] or 'no meaning'}” → “{new['meaning'] or 'no meaning'}”"


def _lines(before: str, after: str) -> list[Line]:
    if before == after:
        return []
    old, new = before.split("\n"), after.split("\n")
    lines: list[Line] = []
    opcodes = SequenceMatcher(None, old, new).get_opcodes()
    for index, (kind, i1, i2, j1, j2) in enumerate(opcodes):
        if kind == "equal":
            lines += _unchanged(old[i1:i2], index == 0, index == len(opcodes) - 1)
        else:
            lines += _replaced(old[i1:i2], new[j1:j2])
    return lines


def _unchanged(lines: list[str], is_first: bool, is_last: bool) -> list[Line]:
    """Return the unchanged lines next to a change, and how many stand between."""
    head = [] if is_first else lines[:CONTEXT]
    tail = [] if is_last else lines[len(head) :][-CONTEXT:]
    n = len(lines) - len(head) - len(tail)
    hidden = [Line("hidden", n=n)] if n else []
    return [*map(_same, head), *hidden, *map(_same, tail)]


def _same(text: str) -> Line:
    return Line("same", (Part(text),))


def _replaced(old: list[str], new: list[str]) -> list[Line]:
    """Return the lines that went, then those that came; in pairs that are alike, words are
    marked."""
    removed = [Line("removed", (Part(text),)) for text in old]
    added = [Line("added", (Part(text),)) for text in new]
    for index, (pair, other) in enumerate(zip(old, new, strict=False)):
        if marked := _marked(pair, other):
            removed[index] = Line("removed", marked[0])
            added[index] = Line("added", marked[1])
    return [*removed, *added]


def _marked(old: str, new: str) -> tuple[tuple[Part, ...], tuple[Part, ...]] | None:
    words, others = WORDS.findall(old), WORDS.findall(new)
    matcher = SequenceMatcher(None, words, others)
    if matcher.ratio() < ALIKE:
        return None
    opcodes = matcher.get_opcodes()
    return (
        _parts(words, [(kind, i1, i2) for kind, i1, i2, _, _ in opcodes]),
        _parts(others, [(kind, j1, j2) for kind, _, _, j1, j2 in opcodes]),
    )


def _parts(words: list[str], spans: list[tuple[str, int, int]]) -> tuple[Part, ...]:
    pieces = (Part("".join(words[i:j]), kind != "equal") for kind, i, j in spans if i < j)
    return tuple(pieces)
