"""What came of judging, as pages tell it apart: the outcomes, and of those skipped what the
judge could not tell, which says something about the traffic or the question."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Case, F, QuerySet, TextField, Value, When

from signals_app.models import Outcome, ReasonCode

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])

CANNOT_TELL = str(ReasonCode.CANNOT_TELL.value)
CHOICES = [*Outcome.choices, *ReasonCode.choices]

#: Each judge's words are its own: what it cannot tell is one reason, and the rows have the words.
_NOT_SHOWN = Value("The judge says that the transcript does not show it.")
REASON = Case(
    When(reason_code=CANNOT_TELL, then=_NOT_SHOWN),
    default=F("reason"),
    output_field=TextField(),
)


def kind(outcome: str, code: str) -> str:
    """code: of the reason, or what `label_count` has in a label's place."""
    return CANNOT_TELL if outcome == Outcome.SKIPPED and code == CANNOT_TELL else outcome


def name(of_kind: str) -> str:
    return str(dict(CHOICES)[of_kind])


def narrowed(rows: Rows, of_kind: str) -> Rows:
    """Classifications of one kind."""
    if of_kind == CANNOT_TELL:
        return rows.filter(outcome=Outcome.SKIPPED, reason_code=CANNOT_TELL)
    if of_kind == Outcome.SKIPPED:
        return rows.filter(outcome=of_kind, reason_code="")
    return rows.filter(outcome=of_kind)
