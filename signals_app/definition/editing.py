"""Changing a signal: its name at once, its question by a new version, never over another's head."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from signals_app.definition import auditing, versions
from signals_app.definition.diffs import Question, diff
from signals_app.models import Signal, SignalVersion
from teams import audit
from teams.models import User


class CannotEdit(Exception):
    """The message says why, and what to do."""


class Superseded(Exception):
    """Somebody made the version `live` after the edit was begun."""

    def __init__(self, live: SignalVersion) -> None:
        super().__init__(f"Version {live.number} was made meanwhile.")
        self.live = live


@dataclass(frozen=True)
class Edited:
    """What an edit changed: nothing, the name, or the question (then `version` is the new one)."""

    version: SignalVersion | None
    renamed: bool


def edit(signal: Signal, name: str, question: Question, based_on: int, user: User | None) -> Edited:
    """Change the signal's name and question, all or nothing. based_on: the number of the version
    that the person saw.

    Raises ValidationError with messages by field name, Superseded, and CannotEdit for an
    archived signal.
    """
    try:
        with transaction.atomic():
            live = _locked_live(signal)
            if live.number != based_on:
                raise Superseded(live)
            return Edited(_add(signal, live, question, user), _rename(signal, name))
    except IntegrityError:
        raise ValidationError({"name": [versions.taken(signal.agent)]}) from None


@transaction.atomic
def make_live_again(
    signal: Signal, number: int, user: User | None, seen: int | None = None
) -> SignalVersion | None:
    """Make a version that asks what version `number` asked; return None where the live one asks it.

    seen: the number of the live version that the person saw, where that matters. Raises
    SignalVersion.DoesNotExist, Superseded, and CannotEdit for an archived signal.
    """
    live = _locked_live(signal)
    if seen not in (None, live.number):
        raise Superseded(live)
    older = SignalVersion.objects.get(signal=signal, number=number)
    return _add(signal, live, Question.of(older), user)


def _locked_live(signal: Signal) -> SignalVersion:
    """Lock the signal, and return the version that stays live while it is locked."""
    locked = Signal.objects.select_for_update().get(pk=signal.pk)
    if locked.live_version_id is None:
        raise CannotEdit("This signal has no version to begin from.")
    if locked.state == Signal.State.ARCHIVED:
        raise CannotEdit("An archived signal cannot be edited. Restore it first.")
    signal_versions = SignalVersion.objects.filter(signal=signal, pk=locked.live_version_id)
    return signal_versions.select_related("created_by").get()


def _add(
    signal: Signal, live: SignalVersion, question: Question, user: User | None
) -> SignalVersion | None:
    if not diff(Question.of(live), question):
        return None
    return versions.add(signal, **asdict(question), user=user)


def _rename(signal: Signal, name: str) -> bool:
    wanted = name.strip()
    if wanted == signal.name:
        return False
    versions.check_name(signal, wanted)
    Signal.objects.filter(pk=signal.pk).update(name=wanted)
    before, signal.name = signal.name, wanted
    names = {"name": before}, {"name": wanted}
    audit.record("signal.renamed", **auditing.about(signal), before=names[0], after=names[1])
    return True
