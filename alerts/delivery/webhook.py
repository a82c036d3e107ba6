"""Webhooks: signed JSON to the address of a Destination, and what its answer means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
from django.db import transaction

from alerts import auditing
from alerts.delivery import signing
from alerts.delivery.failures import Permanent, Retryable
from alerts.delivery.firing_facts import alert_url
from alerts.models import Destination
from alerts.text.messages import webhook_test
from core import sealing
from core.http import outbound
from core.http.retry_after import retry_after_s
from teams import audit

USER_AGENT = "Signals-Webhook/1"
#: How long the replaced secret signs beside the new one.
OVERLAP = timedelta(hours=24)
#: The receiver, or what stands before it, will say the same to every message.
DEAD = {
    401: "wants a sign-in",
    403: "forbids it",
    404: "knows no such address",
    405: "takes no POST there",
    410: "says that it is gone for good",
}
BUSY = {408, 409, 423, 425, 429}


@transaction.atomic
def new_secret(destination: Destination, now: datetime) -> str:
    """Make a secret that is shown this once; the one before it goes on signing for a day."""
    locked = Destination.objects.select_for_update().get(pk=destination.pk)
    secret = signing.new_secret()
    locked.old_secret_sealed = locked.secret_sealed
    locked.old_secret_until = now + OVERLAP if locked.secret_sealed else None
    locked.secret_sealed = sealing.seal(secret)
    locked.save(update_fields=["secret_sealed", "old_secret_sealed", "old_secret_until"])
    where = {"channel": auditing.channel_of(locked)}
    audit.record("alert.webhook_secret_made", **auditing.about(locked.alert), after=where)
    return secret


def keys_of(destination: Destination, now: datetime) -> list[str]:
    """Return what messages are signed with: until somebody asks for a secret with one that nobody
    knows, so that no receiver ever gets used to messages without a signature. Raises Permanent."""
    if destination.secret_sealed is None:
        return [signing.new_secret()]
    sealed = [destination.secret_sealed]
    if (
        destination.old_secret_sealed
        and destination.old_secret_until
        and (now < destination.old_secret_until)
    ):
        sealed.append(destination.old_secret_sealed)
    try:
        return [sealing.unseal(each) for each in sealed]
    except sealing.Unsealable as error:
        raise Permanent(f"{error} Make a new secret for the webhook.", is_dead=True) from None


def send(
    url: str, payload: Mapping[str, Any], message_id: str, keys: list[str], now: datetime
) -> None:
    """Returns once the receiver has answered 2xx. Raises Retryable or Permanent."""
    body = orjson.dumps(payload)
    head = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    head |= signing.headers(message_id, now, body, keys)
    try:
        answer = outbound.post(url, body, head)
    except outbound.Refused as error:
        raise Permanent(f"The webhook's address is not called: {error}", is_dead=True) from None
    except outbound.Unreachable as error:
        raise Retryable(f"The webhook's receiver did not take the message. {error}") from None
    if not 200 <= answer.status < 300:
        raise meaning(answer, now)


def send_test(destination: Destination, now: datetime) -> None:
    """Send a signed message without a firing, and return once its receiver has taken it.

    Raises Retryable or Permanent with a sentence.
    """
    alert = destination.alert
    payload = webhook_test(alert.name, alert.uuid, alert_url(alert, alert.project.slug), now)
    send(destination.address, payload, f"test_{uuid4()}", keys_of(destination, now), now)
    where = {"channel": auditing.channel_of(destination)}
    audit.record("alert.webhook_tested", **auditing.about(alert), after=where)


def meaning(answer: outbound.Answer, now: datetime) -> Exception:
    """Return what an answer other than 2xx stands for."""
    status = answer.status
    said = _beginning(answer.body)
    if 300 <= status < 400:
        words = f"The webhook's receiver redirects ({status}). Enter the final address."
        return Permanent(words, is_dead=True)
    if status in DEAD:
        words = f"The webhook's receiver {DEAD[status]} ({status}){said} Check its address."
        return Permanent(words, is_dead=True)
    if status in BUSY or status >= 500 or status < 200:
        asked_s = retry_after_s(answer.headers, now)
        return Retryable(f"The webhook's receiver answered {status}{said}", asked_s)
    return Permanent(f"The webhook's receiver refuses the message ({status}){said}")


def _beginning(body: bytes) -> str:
    """Return the beginning of what the receiver said, as far as it is text on one line."""
    text = " ".join(body[:600].decode("utf-8", "replace").split())
    shown = "".join(letter for letter in text if letter.isprintable())[:200]
    return f": {shown}" + ("" if shown.endswith((".", "!", "?")) else ".") if shown else "."
