"""Why a target bears a label of a signal, or bears none."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema

from api.shapes import links, signals
from api.shapes.signals import SignalRef
from signals_app.explain.facts import Answered


class WayShape(Schema):
    """Where the signal has its say instead: another target, near this one."""

    text: str
    url: str


class WhyShape(Schema):
    """kind: what decided, such as labelled, sampled_out, not_settled or waiting. sentences: the
    reason first, then what else matters and what to do. figures, moments: by name.
    can_retry: it may be judged again."""

    signal: SignalRef
    kind: str
    sentences: list[str]
    label: str | None
    explanation: str
    figures: dict[str, str]
    moments: dict[str, datetime]
    can_retry: bool
    instead: list[WayShape]
    url: str


class WhyAnswers(Schema):
    """An answer of each signal of the agents that took part."""

    signals: list[WhyShape]


def why_of(answered: Answered) -> WhyShape:
    answer = answered.answer
    return WhyShape(
        signal=signals.ref(answered.signal),
        kind=answer.kind.name.lower(),
        sentences=list(answer.sentences),
        label=answer.label,
        explanation=answer.explanation,
        figures=dict(answer.figures),
        moments=dict(answer.moments),
        can_retry=answer.can_retry,
        instead=[WayShape(text=way.text, url=links.whole(way.url)) for way in answered.ways],
        url=links.whole(answered.url),
    )
