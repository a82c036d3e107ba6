"""Signing up: who may, and the team and project that a new person starts with."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from teams.models import Membership, Project, Team, User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGNUP_OPEN)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
            if commit:
                start_with_a_team(saved)
        return saved


def start_with_a_team(user: User) -> Project:
    """Make a person's own team with an empty project, so that the first page has a place."""
    name = user.email.partition("@")[0]
    team = Team.objects.create(name=f"{name}'s team")
    Membership.objects.create(team=team, user=user, role=Membership.Role.OWNER)
    return Project.objects.create(team=team, name=f"{name}'s project")
