"""Creates that may be sent twice: the second answer is the first one again, and makes nothing.

The row that remembers the answer is written in the transaction that makes the thing, so both are
there or neither; whoever sends the same key meanwhile waits for that transaction. Refusals are not
remembered: what was mended may be sent again with the same key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api.models import IdempotentCall
from api.rest.callers import Caller
from api.rest.problems import Refused

HEADER = "Idempotency-Key"
MOST_CHARS = 255
KEPT_FOR = timedelta(hours=24)
REUSED = "This Idempotency-Key was sent before with another request. Choose a new one."
BAD = f"An Idempotency-Key has 1 to {MOST_CHARS} printable ASCII characters."

_CLAIM = """
INSERT INTO api_idempotentcall (project_id, key, fingerprint, status, body, created_at)
VALUES (%s, %s, %s, 0, '', %s) ON CONFLICT (project_id, key) DO NOTHING
"""


class _Undone(Exception):
    """Carries an answer out of the transaction that it undoes."""

    def __init__(self, response: HttpResponseBase) -> None:
        self.response = response


def once(
    request: HttpRequest, caller: Caller, now: datetime, act: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """Answer by `act`, or by what the same request was answered before. Raises Refused."""
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not (0 < len(key) <= MOST_CHARS and key.isascii() and key.isprintable()):
        raise Refused(400, "bad_request", BAD, HEADER)
    fingerprint = _fingerprint(request, caller)
    try:
        with transaction.atomic():
            if not _is_new(caller, key, fingerprint, now):
                return _again(caller, key, fingerprint)
            response = act()
            if response.status_code >= 300 or not isinstance(response, HttpResponse):
                raise _Undone(response)
            IdempotentCall.objects.filter(project=caller.project, key=key).update(
                status=response.status_code, body=response.content.decode()
            )
            return response
    except _Undone as undone:
        return undone.response


def prune(now: datetime) -> int:
    """Forget what was answered more than a day ago; return how many."""
    return IdempotentCall.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]


def _is_new(caller: Caller, key: str, fingerprint: str, now: datetime) -> bool:
    """Claim the key; whoever comes second waits here until the first one's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [caller.project.pk, key, fingerprint, now])
        return bool(cursor.rowcount == 1)


def _again(caller: Caller, key: str, fingerprint: str) -> HttpResponse:
    before = IdempotentCall.objects.get(project=caller.project, key=key)
    if before.fingerprint != fingerprint:
        raise Refused(422, "idempotency_key_reused", REUSED, HEADER)
    return HttpResponse(
        before.body,
        status=before.status,
        content_type="application/json",
        headers={"Idempotency-Replayed": "true"},
    )


def _fingerprint(request: HttpRequest, caller: Caller) -> str:
    digest = hashlib.sha256()
    for part in (caller.name, request.method or "", request.get_full_path()):
        digest.update(part.encode("utf-8", "replace") + b"\x00")
    digest.update(request.body)
    return digest.hexdigest()
