"""The states of signals: judging, paused, archived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from ninja import Body, Path

from api import lookups
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.resources.signals.definitions import SignalId, summary_of
from api.rest.resources.signals.given import Restored
from api.shapes import signals as shapes
from api.shapes.signals import StateShape
from signals_app.definition import states
from signals_app.models import Signal
from teams.models import User

resource = Resource(tags=["signals"])

SAME_NAME = Restored(name=None)
Change = Callable[[Signal, User | None, datetime], int | None]


@resource.post("/signals/{signal}/activate", response=StateShape, operation_id="activate_signal")
def activate_signal(request: CallerRequest, signal: Path[SignalId]) -> StateShape:
    """Let a signal judge what settles from now on."""
    return _changed(request, signal, states.activate)


@resource.post("/signals/{signal}/pause", response=StateShape, operation_id="pause_signal")
def pause_signal(request: CallerRequest, signal: Path[SignalId]) -> StateShape:
    """Let a signal judge nothing more, its runs included; what waits is dropped."""
    return _changed(request, signal, states.pause)


@resource.post("/signals/{signal}/resume", response=StateShape, operation_id="resume_signal")
def resume_signal(request: CallerRequest, signal: Path[SignalId]) -> StateShape:
    """Let a paused signal judge again what settles from now on."""
    return _changed(request, signal, states.resume)


@resource.post("/signals/{signal}/archive", response=StateShape, operation_id="archive_signal")
def archive_signal(request: CallerRequest, signal: Path[SignalId]) -> StateShape:
    """Take a signal off the list; its labels stay, and it can be restored."""
    return _changed(request, signal, states.archive)


@resource.post("/signals/{signal}/restore", response=StateShape, operation_id="restore_signal")
def restore_signal(
    request: CallerRequest, signal: Path[SignalId], given: Body[Restored] = SAME_NAME
) -> StateShape:
    """Bring an archived signal back, paused: nothing is judged unasked."""

    def restore(restored: Signal, user: User | None, now: datetime) -> None:
        states.restore(restored, user, now, given.name or "")

    return _changed(request, signal, restore)


def _changed(request: CallerRequest, key: UUID, change: Change) -> StateShape:
    project = request.caller.project
    signal = lookups.signal(project, key)
    dropped = change(signal, request.caller.user, timezone.now())
    return shapes.state_of(project, summary_of(project, signal), dropped or 0)
