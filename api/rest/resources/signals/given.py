"""What is sent about signals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.rest.types import Fraction, Given, LongText, Text
from signals_app.definition.drafts import Said

Scope = Literal["span", "trace", "session"]
Type = Literal["binary", "string"]
Sentiment = Literal["positive", "neutral", "negative"]
VersionNumber = Annotated[int, Field(ge=1, le=2**31 - 1)]

AGENT = "An agent's id, exact name, or identity."


class LabelGiven(Given):
    """A label that the judge may give."""

    name: Text
    sentiment: Sentiment
    meaning: Text = Field("", description="When the judge is to give it.")


class QuestionGiven(Given):
    """What the judge is asked; what is left out stays as it is, or as the template has it."""

    type: Type | None = None
    prompt: LongText | None = None
    labels: Annotated[list[LabelGiven], Field(max_length=100)] | None = Field(
        None, description='2 to 10; of a binary signal exactly "true" and "false".'
    )
    sentiment: Sentiment | None = Field(
        None, description="Of true, in place of labels; only of a binary signal."
    )
    judge: Text | None = Field(
        None, description="Name or id of a judge of the project; empty: the default one."
    )
    judge_model: Text | None = Field(None, description="A model of the environment's judge.")

    @property
    def rate(self) -> float | None:
        """None where none is said."""
        return None

    @property
    def said(self) -> Said:
        labels = None if self.labels is None else [label.dict() for label in self.labels]
        return Said(
            type=self.type,
            prompt=self.prompt,
            labels=labels,
            sentiment=self.sentiment,
            sample_rate=self.rate,
            judge_model=self.judge_model,
        )


class SampledGiven(QuestionGiven):
    sample_rate: Fraction | None = Field(None, description="Share of the targets, 1 is all.")

    @property
    def rate(self) -> float | None:
        return self.sample_rate


class NewSignal(SampledGiven):
    """A signal to be made. A template fills what is left out."""

    agent: Text = Field(description=AGENT)
    name: Text | None = None
    scope: Scope | None = None
    template: Text = Field("", description="The key of a template.")
    active: bool = Field(True, description="Judge at once; else it is kept as a draft.")


class SignalEdit(SampledGiven):
    """What is to change. based_on: the number of the version that was read before."""

    name: Text | None = None
    based_on: VersionNumber


class Restored(Given):
    name: Text | None = Field(None, description="Another one, where its own is taken.")


class MadeLive(Given):
    seen: VersionNumber | None = Field(
        None, description="The version thought to be live; refused if another one is."
    )
