"""An invitation by e-mail: sent by the worker, its token sealed until then, and what became of that
is kept on the invitation, where those look who wait for it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone

from core import sealing
from core.background.queue import enqueue
from teams.models import Invitation
from teams.people import invitations
from teams.roles import MEANING

TASK = "teams.tasks.mail_invitation"
MOST_CHARS = 300


def send(invitation: Invitation, token: str) -> None:
    """Have an invitation sent to its address, when the caller's transaction commits."""
    enqueue(TASK, invitation.pk, base64.b64encode(sealing.seal(token)).decode())


def deliver(pk: int, sealed: str, now: datetime) -> None:
    """Send what was asked for, unless the invitation is over, or has another link by now."""
    token = sealing.unseal(base64.b64decode(sealed))
    try:
        invitation = invitations.find(token, now)
    except invitations.NoInvitation:
        return
    if invitation.pk != pk:
        return
    said = _sent(invitation, token)
    rows = Invitation.objects.filter(pk=pk, digest=invitation.digest)
    rows.update(mail_error=said[:MOST_CHARS], mailed_at=None if said else now)


def _sent(invitation: Invitation, token: str) -> str:
    """Send the mail; return why the server did not take it, "" where it did."""
    by = invitation.created_by
    given = {
        "who": f"{by.email} invites you" if by else "You are invited",
        "invitation": invitation,
        "meaning": MEANING[invitation.role],
        "address": invitations.address_of(token),
        "base_url": settings.BASE_URL,
    }
    subject = f"You are invited to {invitation.team.name} on Signals"
    # The moment it ends is said in UTC: nobody knows where the person is.
    with timezone.override(UTC):
        text = render_to_string("teams/email/invitation.txt", given).strip() + "\n"
        html = render_to_string("teams/email/invitation.html", given)
    message = EmailMultiAlternatives(" ".join(subject.split()), text, to=[invitation.email])
    message.attach_alternative(html, "text/html")
    try:
        message.send()
    except OSError as error:  # smtplib's are
        if error.errno is None:
            return f"The mail server did not take it: {error}"
        return f"The mail server could not be reached ({error.strerror or error})."
    return ""
