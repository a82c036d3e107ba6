"""On, paused, archived: the states of an alert, changed by people."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from alerts import auditing
from alerts.editing import FULL, UNSEEN, is_full
from alerts.models import Alert
from teams import audit

State = Alert.State


#: What the audit log calls the way into a state.
AUDITED_AS = {
    State.ON: "alert.resumed",
    State.PAUSED: "alert.paused",
    State.ARCHIVED: "alert.archived",
}


class CannotChange(Exception):
    """The alert is in a state from which this does not lead; the message says so."""


def pause(alert: Alert) -> None:
    """Evaluate the alert no more, and tell nobody."""
    _set(alert, State.PAUSED, {State.ON, State.PAUSED}, "An archived alert does nothing already.")


def resume(alert: Alert) -> None:
    """Evaluate it from the next minute on; what was true before the pause is news again."""
    said = "Restore the archived alert first."
    _set(alert, State.ON, {State.ON, State.PAUSED}, said)


def archive(alert: Alert) -> None:
    """Off the list, its name free again, its firings kept."""
    _set(alert, State.ARCHIVED, {State.ON, State.PAUSED}, "This alert is archived already.")


def restore(alert: Alert) -> None:
    """Back on the list, paused, so that nobody is told unasked."""
    if is_full(alert.project_id):
        raise CannotChange(FULL)
    try:
        _set(alert, State.PAUSED, {State.ARCHIVED}, "Only an archived alert can be restored.")
    except IntegrityError:
        said = "Another alert of this signal has its name now. Rename that one first."
        raise CannotChange(said) from None


@transaction.atomic
def _set(alert: Alert, state: State, allowed: set[State], refused: str) -> None:
    """Asking for the state that is there changes nothing."""
    locked = Alert.objects.select_for_update().get(pk=alert.pk)
    if locked.state not in allowed:
        raise CannotChange(refused)
    if locked.state != state:
        fields = UNSEEN | {"state": state}
        Alert.objects.filter(pk=alert.pk).update(**fields)
        is_back = locked.state == State.ARCHIVED
        audit.record(
            "alert.restored" if is_back else AUDITED_AS[state],
            **auditing.about(locked),
            before={"state": locked.state},
            after={"state": state.value},
        )
        for name, value in fields.items():
            setattr(alert, name, value)
