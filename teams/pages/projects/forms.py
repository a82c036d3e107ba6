"""What people may type about projects and their own account."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from teams import projects
from teams.models import Project, Team, User
from teams.projects import LONGEST_IDLE_S
from teams.roles import Right


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name of a project, and how long a session must be quiet before it is judged."""

    session_idle_s = forms.IntegerField(
        label="Session idle time, in seconds",
        required=False,
        min_value=1,
        max_value=LONGEST_IDLE_S,
    )

    class Meta:
        model = Project
        fields = ["name", "session_idle_s"]

    def change(self) -> Project:
        """Change the project as the form, once valid, says."""
        return projects.change(
            self.instance,
            name=self.cleaned_data["name"],
            session_idle_s=self.cleaned_data["session_idle_s"],
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session_idle_s"].help_text = (
            "A session is judged when nothing has arrived for this long. "
            f"Empty means {settings.SESSION_IDLE_S} s."
        )


class NewProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    """A further project in one of the teams that the person manages."""

    class Meta:
        model = Project
        fields = ["team", "name"]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = Team.objects.of(user, Right.MANAGE).order_by("name")
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = teams
        field.empty_label = None
        field.help_text = "Its members see the project and get its alerts."
        self.fields["name"].help_text = "One project per product or environment works well."
        self.user = user

    def create(self) -> Project | None:
        """Make the project that the form, once valid, describes; None where it says what is wrong
        with that."""
        try:
            return projects.create(self.cleaned_data["team"], self.cleaned_data["name"], self.user)
        except ValidationError as error:
            for field, messages in error.message_dict.items():
                self.add_error(field, messages)
            return None


class ZoneForm(forms.ModelForm):  # type: ignore[type-arg]
    """The time zone that pages speak in; empty means the browser's."""

    time_zone = forms.ChoiceField(
        label="Time zone",
        required=False,
        help_text="Times on every page are shown in this zone.",
    )

    class Meta:
        model = User
        fields = ["time_zone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "The browser's time zone"), *((zone, zone) for zone in zones)]
