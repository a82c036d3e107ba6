"""What the left rail shows on every page, and what pages for signing in may offer."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core import mail
from teams.models import Project, User
from teams.signin import entrance, first_visitor, second_factors


def navigation(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    mine = Project.objects.of(user).select_related("team")
    return {"my_projects": mine.order_by("team__name", "team", "name")}


def signing_in(request: HttpRequest) -> dict[str, Any]:
    """Say what the pages for signing in may offer."""
    return {
        "base_url": settings.BASE_URL,
        "can_send_mail": mail.can_send(),
        "passkeys_work": second_factors.passkeys_work(),
        "nobody_is_here": first_visitor.is_awaited,
        "signup_is_open": lambda: entrance.is_open_to(request),
        "sso_name": settings.OIDC_LOGIN_NAME if settings.OIDC_LOGIN_ISSUER else "",
    }
