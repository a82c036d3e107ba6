"""Posts what the live program holds for now, through the same door as everybody's traffic.

Nothing remembers what was posted: the slots' trace ids are looked up, and what is not
there yet is sent. A restart, an outage of the web process or a second worker changes
nothing about what arrives.
"""

from __future__ import annotations

import http.client
import logging
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from demo import keys, otlp
from demo.recording import conversations
from demo.traffic import SLOT_S, LiveTurn, Program, slot_at
from teams.models import Project
from traces.models import Trace

logger = logging.getLogger(__name__)

#: How far back a start looks: enough that labels of whole conversations come within a minute.
CATCH_UP_SLOTS = 120 // SLOT_S
TIMEOUT_S = 10.0

Address = tuple[str, int]


class Refused(Exception):
    """The server will not take the turn, now or later; says why in words."""


@cache
def program() -> Program:
    return Program(conversations())


def post_missing(now: datetime, address: Address) -> bool:
    """Send all recent turns that did not arrive yet; false when the server is not there.

    Raises Refused when it is there and does not want them, as with a revoked key.
    """
    project = Project.objects.filter(is_demo=True).first()
    secret = keys.stored_secret()
    if project is None or secret is None:
        return True
    slot = slot_at(now)
    due = program().since(slot - CATCH_UP_SLOTS, slot)
    return all(post(turn, secret, address) for turn in missing(project, due))


def missing(project: Project, due: list[LiveTurn]) -> list[LiveTurn]:
    """Return those of the due turns whose trace is not there yet."""
    ids = {UUID(bytes=turn.place.trace_id): turn for turn in due}
    arrived = Trace.objects.filter(project_id=project.pk, trace_id__in=list(ids))
    known = set(arrived.values_list("trace_id", flat=True))
    return [turn for trace_id, turn in ids.items() if trace_id not in known]


def post(turn: LiveTurn, secret: str, address: Address) -> bool:
    """Send one turn and return whether it was taken. Raises Refused as `post_missing` does."""
    headers = {
        # ALLOWED_HOSTS may know the public name alone.
        "Host": urlsplit(settings.BASE_URL).netloc,
        "Content-Type": "application/x-protobuf",
        "Authorization": f"Bearer {secret}",
    }
    try:
        status = status_of_post(address, otlp.request_of(turn.records()), headers)
    except (OSError, http.client.HTTPException) as error:
        logger.debug("The demo's next turn has to wait: %s", error)
        return False
    if 400 <= status < 500 and status != 429:
        raise Refused(f"the server answered {status}")
    return status == 200


def status_of_post(address: Address, body: bytes, headers: dict[str, str]) -> int:
    server = http.client.HTTPConnection(*address, timeout=TIMEOUT_S)
    try:
        server.request("POST", "/v1/traces", body, headers)
        return server.getresponse().status
    finally:
        server.close()


def own_address() -> Address:
    """Return where this machine's web process listens."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
    return everywhere.get(settings.HOST, settings.HOST), settings.PORT
