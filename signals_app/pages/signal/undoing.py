"""What takes back a change of a signal, and what it cannot bring back."""

from __future__ import annotations

from django.urls import reverse

from core.ui.toasts import Undo
from signals_app.models import Signal, SignalVersion

State = Signal.State
LOST = "What was dropped stays unjudged."


def of_activation(signal: Signal, was: str) -> Undo:
    """was: the state before."""
    note = "" if was == State.PAUSED else "Undo pauses it: a signal that judged is no draft again."
    return Undo(_url(signal, "signal_pause"), note)


def of_pause(signal: Signal, has_lost: bool) -> Undo:
    """has_lost: whether waiting targets were dropped or runs cancelled."""
    note = f"Undo judges what settles from then on. {LOST}" if has_lost else ""
    return Undo(_url(signal, "signal_resume"), note)


def of_archive(signal: Signal, has_lost: bool) -> Undo:
    back = "paused" if signal.activated_at else "a draft"
    note = f"Undo brings it back, {back}." + (f" {LOST}" if has_lost else "")
    return Undo(_url(signal, "signal_restore"), note, {"name": signal.name})


def of_version(signal: Signal, made: SignalVersion, note: str = "") -> Undo:
    """Offer to ask the version before it again, unless another one was made meanwhile."""
    before = made.number - 1
    url = reverse("signal_version_again", args=[signal.project.slug, signal.uuid, before])
    said = f"Undo makes version {made.number + 1}, which asks what version {before} asked."
    return Undo(url, f"{said} {note}".strip(), {"live": str(made.number)})


def _url(signal: Signal, name: str) -> str:
    return reverse(name, args=[signal.project.slug, signal.uuid])
