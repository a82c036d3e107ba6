"""What people may choose about members and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from core import mail
from teams.models import Invitation, Membership, Team, User
from teams.people import invitations, members
from teams.roles import Role, roles_given_by

LINK, MAIL = "link", "mail"
DAYS = [("1", "A day"), ("7", "A week"), ("30", "30 days")]


def role_choices(own_role: str) -> list[tuple[str, str]]:
    """Return the roles that a person of this role may give."""
    return [(role.value, role.label) for role in roles_given_by(own_role)]


class InviteForm(forms.Form):
    """An invitation to be made; `invite` makes it, and may find more that is wrong."""

    way = forms.ChoiceField(
        label="How the person gets the link",
        choices=[(LINK, "I pass it on myself"), (MAIL, "By e-mail")],
        initial=LINK,
        widget=forms.RadioSelect,
    )
    email = forms.EmailField(
        label="E-mail address",
        required=False,
        help_text="Only an account with this address can join. Empty: whoever has the link.",
    )
    note = forms.CharField(
        label="For whom",
        required=False,
        max_length=invitations.MAX_NOTE_CHARS,
        help_text="A name, to tell invitations apart.",
    )
    role = forms.ChoiceField(
        label="Role", initial=Role.MEMBER, help_text="What each may do stands below the members."
    )
    days = forms.TypedChoiceField(label="Valid for", choices=DAYS, coerce=int, initial="7")

    def __init__(self, data: QueryDict | None, own_role: str) -> None:
        """Offer the roles that a person of `own_role` may give, and no mail where none is sent."""
        super().__init__(data, auto_id="invite_%s")
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = role_choices(own_role)
        if not mail.can_send():
            del self.fields["way"], self.fields["email"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_by_mail = cleaned.get("way") == MAIL
        if is_by_mail and "email" not in self.errors and not cleaned.get("email"):
            self.add_error("email", "Say where the mail goes.")
        return cleaned

    @property
    def is_by_mail(self) -> bool:
        return bool(self.cleaned_data.get("way") == MAIL)

    def invite(self, team: Team, by: User, now: datetime) -> tuple[Invitation, str] | None:
        """Make the invitation that the form, once valid, describes; None where it is refused."""
        given = self.cleaned_data
        try:
            return invitations.invite(
                team,
                given["role"],
                by=by,
                now=now,
                email=given.get("email") or "",
                note=given["note"],
                days=given["days"],
                by_mail=self.is_by_mail,
            )
        except forms.ValidationError as refused:
            for field, messages in refused.message_dict.items():
                self.add_error(field if field in self.fields else None, messages)
            return None


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label="Role")

    def __init__(self, data: QueryDict | None, membership: Membership, own_role: str) -> None:
        """Offer what a person of `own_role` may make of the member."""
        super().__init__(
            data, auto_id=f"role_{membership.pk}_%s", initial={"role": membership.role}
        )
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = role_choices(own_role)
        role.widget.attrs["aria-label"] = f"Role of {membership.user.email}"
        self.membership = membership

    def change(self, by: User, now: datetime) -> Membership | None:
        """Change the role as the form, once valid, says; None where that is refused."""
        try:
            return members.change_role(self.membership, self.cleaned_data["role"], by=by, now=now)
        except forms.ValidationError as refused:
            self.add_error("role", refused.message_dict["role"])
            return None


class HandOverForm(forms.Form):
    """The member who becomes an owner in one's place."""

    member = forms.ModelChoiceField(Membership.objects.none(), label="New owner", empty_label=None)

    def __init__(self, data: QueryDict | None, own: Membership) -> None:
        """Offer the other members of the team."""
        super().__init__(data)
        member = self.fields["member"]
        assert isinstance(member, forms.ModelChoiceField)
        member.queryset = Membership.objects.of_team(own.team_id).exclude(pk=own.pk)
        member.label_from_instance = lambda one: f"{one.user.email} ({one.get_role_display()})"  # type: ignore[assignment, method-assign]
