"""What people may type about teams."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from teams.models import Project, Team, User
from teams.people import teams
from teams.projects import MAX_NAME_CHARS


class NewTeamForm(forms.Form):
    """A further team with its first project; `create` makes both."""

    name = forms.CharField(label="Name of the team", max_length=MAX_NAME_CHARS)
    project_name = forms.CharField(
        label="Its first project",
        max_length=MAX_NAME_CHARS,
        help_text="One project per product or environment works well.",
    )

    def create(self, user: User) -> Project | None:
        """Make the team that the form, once valid, describes; None where that is refused."""
        try:
            return teams.create(user, **self.cleaned_data)
        except forms.ValidationError as refused:
            for field, messages in refused.message_dict.items():
                self.add_error(field, messages)
            return None


class TeamNameForm(forms.Form):
    """Another name for a team."""

    name = forms.CharField(label="Name of the team", max_length=MAX_NAME_CHARS)

    def rename(self, team: Team) -> bool:
        """Rename the team as the form, once valid, says; return whether that was allowed."""
        try:
            teams.rename(team, self.cleaned_data["name"])
        except forms.ValidationError as refused:
            self.add_error("name", refused.message_dict["name"])
            return False
        return True


class TypedNameForm(forms.Form):
    """Asks for the very name of what is to be deleted."""

    typed = forms.CharField(max_length=300)

    def __init__(self, data: QueryDict | None, name: str, label: str) -> None:
        """Ask for `name` under that label."""
        super().__init__(data)
        self.name = name
        self.fields["typed"].label = label
        self.fields["typed"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def clean_typed(self) -> str:
        """Refuse anything but the name."""
        typed: str = self.cleaned_data["typed"]
        if typed.strip() != self.name.strip():
            raise forms.ValidationError(f"Type it exactly: {self.name}")
        return typed
