"""What happens beside a sign-in, told by Django's and allauth's own signals."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.signals import password_reset
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from teams.models import User
from teams.signin import sessions


def connect() -> None:
    """Listen to the signals; the names keep a second call from listening twice."""
    user_logged_in.connect(_seen, dispatch_uid="teams.signin.seen")
    password_reset.connect(_end_all, dispatch_uid="teams.signin.end_all")


def _seen(request: HttpRequest, **_more: Any) -> None:
    request.session[sessions.SEEN] = time.time()


def _end_all(user: User, **_more: Any) -> None:
    """End every session after a reset: Django refuses them anyway, and the list says so at once."""
    sessions.end_others(user)
