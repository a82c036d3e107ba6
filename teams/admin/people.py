"""Users, teams, who is in them, and who is invited."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from core.admin_site.model_pages import OperatorAdmin, ReadOnly, asks_first
from teams import audit
from teams.admin.deleting import DeletedWithEverything
from teams.models import Invitation, Membership, Team, User
from teams.people import accounts, invitations, members
from teams.signin import addresses, links, second_factors

LINK_ABOUT = (
    "This link signs {email} in, once. Give it to the person and to nobody else: it is not shown "
    "again."
)
ABOVE = "Superusers alone may do that to a superuser."
GIVEN_BY_SUPERUSERS = ("is_staff", "is_superuser", "groups", "user_permissions")


class EmailUserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email",)


class EmailUserChangeForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = "__all__"


class OfAPerson(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """What a person has set up, to look at: they change it themselves, or an action does."""

    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


class AddressInline(OfAPerson):
    model = EmailAddress
    fields = readonly_fields = ("email", "verified", "primary")


class SecondFactorInline(OfAPerson):
    model = Authenticator
    verbose_name_plural = "second factors"
    fields = readonly_fields = ("type", "created_at", "last_used_at")


class SingleSignOnInline(OfAPerson):
    model = SocialAccount
    verbose_name_plural = "accounts of single sign-on"
    fields = readonly_fields = ("provider", "uid", "last_login")


@admin.register(Group)
class GroupAdmin(OperatorAdmin, DjangoGroupAdmin):
    """Rights that several of the staff have."""


@admin.register(User)
class UserAdmin(OperatorAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    form = EmailUserChangeForm
    add_form = EmailUserCreationForm
    ordering = ("email",)
    list_display = ("email", "is_staff", "is_active", "date_joined", "last_login")
    search_fields = ("email", "first_name", "last_name")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "time_zone")}),
        (
            "Rights",
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    actions = ("make_sign_in_link", "take_second_factors")
    inlines = (AddressInline, SecondFactorInline, SingleSignOnInline)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_above(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_above(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Let superusers alone give rights: who could give them to themselves would have them."""
        return () if request.user.is_superuser else GIVEN_BY_SUPERUSERS

    def get_deleted_objects(self, rows: Any, request: HttpRequest) -> Any:
        """Say whose account cannot go, and why; Django refuses then."""
        kept = [f"{user}: {why}" for user in rows if (why := accounts.why_not(user))]
        kept += [f"{user}: {ABOVE}" for user in rows if _is_above(request, user)]
        return [f"{user}, with memberships, keys and links" for user in rows], {}, set(), kept

    def delete_model(self, request: HttpRequest, user: User) -> None:
        self._delete(request, user)

    def delete_queryset(self, request: HttpRequest, users: QuerySet[User]) -> None:
        for user in users:
            self._delete(request, user)

    def _delete(self, request: HttpRequest, user: User) -> None:
        try:
            accounts.delete(user, timezone.now())
        except accounts.CannotDelete as error:
            self.message_user(request, f"{user} stays: {error}", messages.ERROR)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, user: User, form: Any, change: bool) -> None:
        """Save a person; the operator vouches for the address of somebody who is new."""
        before = _rights(User.objects.get(pk=user.pk)) if change else {}
        user.email = user.email.lower()
        super().save_model(request, user, form, change)
        if not change:
            addresses.confirm(user.email)
        audit.record(
            "account.changed" if change else "account.made",
            kind="account",
            thing=user.email,
            thing_id=user.pk,
            before=before,
            after=_rights(user),
        )

    @admin.action(description="Make a link that signs the person in", permissions=["change"])
    def make_sign_in_link(self, request: HttpRequest, users: QuerySet[User]) -> Any:
        """Show a link for one person, this once."""
        chosen = list(users[:2])
        if len(chosen) != 1 or not chosen[0].is_active:
            self.message_user(request, "Choose one person who is active.", messages.ERROR)
            return None
        if _is_above(request, chosen[0]):
            self.message_user(request, ABOVE, messages.ERROR)
            return None
        context = self.admin_site.each_context(request) | {
            "title": "Sign-in link",
            "about": LINK_ABOUT.format(email=chosen[0].email),
            "secret": links.issue(chosen[0], timezone.now()),
            "back": request.get_full_path(),
        }
        answer = TemplateResponse(request, "admin/shown_once.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.action(description="Take the second factors of the selected", permissions=["change"])
    @asks_first(
        "Take the passkeys, the codes app and the recovery codes of {n}? Until a new one is set "
        "up, the password alone lets them in.",
        does="Take the second factors",
        is_destructive=True,
    )
    def take_second_factors(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Help who has lost them, as `manage.py reset_second_factor` does."""
        rows = [user for user in users if not _is_above(request, user)]
        gone = sum(second_factors.remove_all(user) for user in rows)
        self.message_user(request, f"{gone} are gone.")


def _is_above(request: HttpRequest, user: User | None) -> bool:
    """Say whether somebody may do more than who asks, who must not come in as them."""
    return user is not None and user.is_superuser and not request.user.is_superuser


def _rights(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "active": user.is_active,
        "staff": user.is_staff,
        "superuser": user.is_superuser,
    }


class MembershipInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """Who is in the team, to look at: people are added and removed on the memberships' own page."""

    model = Membership
    extra = 0
    fields = ("user", "role", "created_at")
    readonly_fields = fields
    show_change_link = True


@admin.register(Team)
class TeamAdmin(DeletedWithEverything, OperatorAdmin):
    list_display = ("name", "created_at")
    search_fields = ("name",)
    ordering = ("-pk",)
    inlines = (MembershipInline,)

    def save_model(self, request: HttpRequest, team: Team, form: Any, change: bool) -> None:
        before = {"name": form.initial.get("name")} if change else {}
        super().save_model(request, team, form, change)
        action = "team.changed" if change else "team.made"
        after = {"name": team.name}
        audit.record(action, kind="team", thing=team.name, team=team, before=before, after=after)


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Membership
        fields = ("team", "user", "role")

    def clean(self) -> dict[str, Any]:
        """Do it and take it back, so that what is wrong is said at its field."""
        cleaned = super().clean() or {}
        if self.errors or ("role" not in cleaned):
            return cleaned
        with transaction.atomic():
            try:
                keep(self.instance, cleaned)
            except ValidationError as error:
                for field, said in error.message_dict.items():
                    self.add_error(field if field in self.fields else None, said)
            transaction.set_rollback(True)
        return cleaned


def keep(membership: Membership, values: dict[str, Any]) -> Membership:
    """Add a member, or change the role of one. Raises ValidationError as the verbs do."""
    if membership.pk is None:
        return members.add(values["team"], values["user"], values["role"])
    return members.change_role(
        Membership.objects.get(pk=membership.pk), values["role"], now=timezone.now()
    )


@admin.register(Membership)
class MembershipAdmin(OperatorAdmin):
    form = MembershipForm
    list_display = ("user", "team", "role", "created_at")
    list_select_related = ("user", "team")
    list_filter = ("role",)
    search_fields = ("user__email", "team__name")
    ordering = ("-pk",)
    autocomplete_fields = ("user", "team")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("team", "user") if obj else ()

    def save_model(self, request: HttpRequest, row: Membership, form: Any, change: bool) -> None:
        kept = keep(row if change else Membership(), form.cleaned_data)
        row.pk, row.role = kept.pk, kept.role
        row._state.adding = False

    def get_deleted_objects(self, rows: Any, request: HttpRequest) -> Any:
        """Say which owner is the last one of a team; Django refuses then."""
        kept = [f"{row}: {members.LAST_OWNER}" for row in rows if members.is_last_owner(row)]
        return [str(row) for row in rows], {}, set(), kept

    def delete_model(self, request: HttpRequest, row: Membership) -> None:
        self._remove(request, row)

    def delete_queryset(self, request: HttpRequest, rows: QuerySet[Membership]) -> None:
        for row in rows:
            self._remove(request, row)

    def _remove(self, request: HttpRequest, row: Membership) -> None:
        try:
            members.remove(row, now=timezone.now())
        except ValidationError as error:
            self.message_user(request, f"{row} stays: {' '.join(error.messages)}", messages.ERROR)


@admin.register(Invitation)
class InvitationAdmin(ReadOnly, OperatorAdmin):
    list_display = ("__str__", "team", "role", "created_at", "expires_at")
    list_select_related = ("team",)
    search_fields = ("email", "team__name")
    ordering = ("-pk",)
    exclude = ("digest",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and request.user.is_superuser  # the list has actions, a row no form

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    @admin.action(description="Revoke the selected invitations", permissions=["view"])
    @asks_first("Revoke {n}? Their links open nothing from then on.", does="Revoke")
    def revoke(self, request: HttpRequest, rows: QuerySet[Invitation]) -> None:
        """Make the links of invitations open nothing."""
        for row in rows:
            invitations.revoke(row, timezone.now())
        self.message_user(request, "They are revoked.")
