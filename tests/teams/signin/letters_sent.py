"""What the worker would send: letters wait in the queue, sealed."""

from __future__ import annotations

from django.core import mail
from django.core.mail import EmailMessage
from django_q.models import OrmQ

from teams.signin import letters


def open_letters() -> list[EmailMessage]:
    """Send all that waits, as the worker does, and return what went out."""
    mail.outbox.clear()
    for row in OrmQ.objects.order_by("pk"):
        task = row.task
        if task["func"] == letters.SEND:
            letters.deliver(*task["args"])
            row.delete()
    return list(mail.outbox)
