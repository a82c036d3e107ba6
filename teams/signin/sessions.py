"""Where a person is signed in: a row for each session, ended one by one or all others at once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse

from teams.models import User
from teams.signin import entries

Handler = Callable[[HttpRequest], HttpResponse]
#: When a session was last seen is written this seldom.
SEEN_EVERY_S = 300
SEEN = "seen_at"

BROWSERS = (
    *(("Edge", r"Edg(?:A|iOS)?/"), ("Opera", r"OPR/"), ("Firefox", r"(?:Firefox|FxiOS)/")),
    *(("Chrome", r"(?:Chrome|CriOS|HeadlessChrome)/"), ("Safari", r"Safari/"), ("curl", r"^curl/")),
)
SYSTEMS = (
    *(("Android", r"Android"), ("iOS", r"iPhone|iPad"), ("Windows", r"Windows")),
    *(("macOS", r"Mac OS X"), ("ChromeOS", r"CrOS"), ("Linux", r"Linux")),
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as its person sees it. browser: in words, such as "Firefox on Linux"."""

    pk: int
    browser: str
    address: str
    since: datetime
    seen_at: datetime
    is_this: bool


def of_person(user: User, this: str | None = None) -> list[SignedIn]:
    """Return the sessions of a person that are good, the one with the key `this` first, then those
    seen last."""
    rows = [
        SignedIn(
            row.pk,
            browser_of(row.user_agent),
            row.ip,
            row.created_at,
            row.last_seen_at,
            row.session_key == this,
        )
        for row in UserSession.objects.purge_and_list(user)
    ]
    return sorted(rows, key=lambda row: (not row.is_this, -row.seen_at.timestamp()))


def end(user: User, pk: int) -> bool:
    """End one session of a person at once; return whether there was such a one."""
    rows = list(UserSession.objects.filter(user=user, pk=pk))
    get_adapter().end_sessions(rows)
    for row in rows:
        entries.enter("account.session_ended", user, browser=browser_of(row.user_agent))
    return bool(rows)


def end_others(user: User, this: str | None = None) -> int:
    """End all sessions of a person but the one with the key `this`; return how many."""
    rows = list(UserSession.objects.filter(user=user).exclude(session_key=this or ""))
    get_adapter().end_sessions(rows)
    if rows:
        entries.enter("account.sessions_ended", user, count=len(rows))
    return len(rows)


def browser_of(user_agent: str) -> str:
    """Return a browser and a system in words, "an unknown browser" where neither is known."""
    browser = next((name for name, sign in BROWSERS if re.search(sign, user_agent)), "")
    system = next((name for name, sign in SYSTEMS if re.search(sign, user_agent)), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "an unknown browser"


class SeenMiddleware:
    """Notes now and then that a session is used, and from where."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        if request.user.is_authenticated and session.session_key:
            now = time.time()
            if now - session.get(SEEN, 0) > SEEN_EVERY_S:
                session[SEEN] = now
                UserSession.objects.create_from_request(request)
        return self.get_response(request)
