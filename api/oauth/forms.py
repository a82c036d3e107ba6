"""What a person decides: for which project a program may act, and whether it may change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from allauth.idp.oidc.forms import AuthorizationForm
from django import forms
from django.db.models import QuerySet

from api.oauth.tokens import SCOPES
from teams.models import Project, User

PROJECT_PATH = "/mcp/p/"


def project_field(user: User, slug: str = "") -> forms.ModelChoiceField[Project]:
    """Return the choice among the person's projects, or of that one alone."""
    projects: QuerySet[Project] = Project.objects.of(user).order_by("name")
    projects = projects.filter(slug=slug) if slug else projects
    field = forms.ModelChoiceField(
        projects, label="Project", to_field_name="slug", initial=projects.first(), empty_label=None
    )
    field.error_messages["invalid_choice"] = "Choose one of your projects."
    return field


def slug_of(resources: Sequence[str]) -> str:
    """Return the project that a resource names (`/mcp/p/<slug>`), "" for none."""
    for resource in resources:
        path = urlsplit(resource).path
        if path.startswith(PROJECT_PATH):
            return path.removeprefix(PROJECT_PATH).strip("/")
    return ""


class ConsentForm(AuthorizationForm):  # type: ignore[misc]
    """Which of the scopes that are asked for, and the project."""

    def __init__(self, *args: Any, user: User, resources: Sequence[str] = (), **more: Any) -> None:
        super().__init__(*args, user=user, **more)
        self.fields["scopes"].label = "What it may do"
        self.fields["project"] = project_field(user, slug_of(resources))
        self.order_fields(["project", "scopes"])

    def clean_scopes(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["scopes"]
        if not set(chosen) & set(SCOPES):
            raise forms.ValidationError("Let it read at least, or refuse.")
        return chosen


class DeviceForm(forms.Form):
    """The same for a command line, whose scopes were said when it asked for the code."""

    def __init__(self, *args: Any, user: User, slug: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["project"] = project_field(user, slug)
