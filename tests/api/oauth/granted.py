"""Tokens as a person's consent makes them, for tests of what they open."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from allauth.idp.oidc.models import Client, Token
from django.utils import timezone

from api.oauth import tokens
from teams.models import Project, User

SECRET = "a-token-of-a-test"


def token(user: User, project: Project | None, scopes: tuple[str, ...], /, **more: Any) -> str:
    """An access token for a project (None: for none); more: of the token."""
    client = Client.objects.create(name="A program", type=Client.Type.PUBLIC)
    later = timezone.now() + timedelta(hours=1)
    made = Token(client=client, user=user, type=Token.Type.ACCESS_TOKEN, expires_at=later)
    made.set_value(SECRET)
    made.set_scopes(list(scopes))
    made.set_grant_id(uuid.uuid4().hex)
    resources = more.pop("resources", [])
    if resources:
        made.set_resources(resources)
    for name, value in more.items():
        setattr(made, name, value)
    made.save()
    if project is not None:
        tokens.grant(made.get_grant_id() or "", project, client.pk, timezone.now())
    return SECRET
