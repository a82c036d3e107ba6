"""What the left rail shows on every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from teams.models import Project, User


def navigation(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {"my_projects": Project.objects.of(user).order_by("name")}
