"""Doors from the queue to the verbs of this app."""

from __future__ import annotations

from django.utils import timezone

from core.background.queue import enqueue
from teams.audit import forgetting
from teams.deletion import deleting
from teams.people import invitation_mail
from teams.signin import letters


def send_letter(sealed: str) -> None:
    """Send a letter about an account."""
    letters.deliver(sealed)


def delete_marked() -> None:
    """Go on deleting what was marked, in a further task where this one's time was too short."""
    if not deleting.delete_marked(timezone.now()):
        enqueue(deleting.TASK)


def mail_invitation(pk: int, sealed: str) -> None:
    """Send an invitation to its address, unless it is over by now."""
    invitation_mail.deliver(pk, sealed, timezone.now())


def forget_audit_entries() -> None:
    """Delete what the audit log keeps no longer."""
    forgetting.forget_old(timezone.now())
