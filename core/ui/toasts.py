"""Toasts for what just happened by the person's hand, with an Undo where it can be undone.

They travel as Django's messages do, in a signed cookie or the session, to the next page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import orjson
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme

_MARK = "undo:"


@dataclass(frozen=True)
class Undo:
    """What takes it back: `fields`, posted to one of our own addresses, whose door checks rights
    and state as ever. note: what the undo does not bring back, in words."""

    url: str
    note: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def done(request: HttpRequest, sentence: str, undo: Undo | None = None) -> None:
    """Say on the next page that it is done.

    Raise ValueError for an undo that leads to no page of ours.
    """
    if undo is not None and not _is_ours(undo.url):
        raise ValueError(f"An undo leads to an address of our own, not to {undo.url}")
    packed = _MARK + orjson.dumps(asdict(undo)).decode() if undo else ""
    messages.success(request, sentence, extra_tags=packed)


def undo_of(message: Message) -> Undo | None:
    """Return the undo of a message, or None if it has none, or one that is not ours."""
    packed = message.extra_tags or ""
    if not packed.startswith(_MARK):
        return None
    undo = Undo(**orjson.loads(packed.removeprefix(_MARK)))
    return undo if _is_ours(undo.url) else None


def _is_ours(url: str) -> bool:
    """Say whether the path has a page of ours behind it, and no browser reads a host in it."""
    if not url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        return False
    try:
        resolve(url)
    except Resolver404:
        return False
    return True
