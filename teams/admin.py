"""Django's admin for staff: people, teams, projects and keys."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from teams.deletion import deleting
from teams.models import ApiKey, Membership, Project, Team, User


class EmailUserCreationForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email",)


class EmailUserChangeForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
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


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


class DeletedWithEverything:
    """What `teams.deletion` deletes; Django would gather a million rows to show them first."""

    def get_deleted_objects(
        self, rows: Iterable[Project | Team], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        names = [f"{row}, with its traffic, signals, labels and alerts" for row in rows]
        return names, {}, set(), []

    def delete_queryset(self, request: HttpRequest, rows: Iterable[Project | Team]) -> None:
        for row in rows:
            self.delete_model(request, row)

    def delete_model(self, request: HttpRequest, row: Project | Team) -> None:
        if isinstance(row, Team):
            deleting.delete_team(row, timezone.now())
        else:
            deleting.delete_project(row, timezone.now())


@admin.register(Team)
class TeamAdmin(DeletedWithEverything, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "created_at")
    search_fields = ("name",)
    inlines = (MembershipInline,)


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("user", "team", "role", "created_at")
    list_select_related = ("user", "team")
    list_filter = ("role",)
    search_fields = ("user__email", "team__name")
    autocomplete_fields = ("user", "team")


@admin.register(Project)
class ProjectAdmin(DeletedWithEverything, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "slug", "team", "is_demo", "created_at")
    list_select_related = ("team",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("team",)
    prepopulated_fields = {"slug": ("name",)}


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Keys are issued on a project's settings page, where the secret can be shown once."""

    list_display = (
        "name", "shown", "project", "rights", "created_at", "last_used_at", "expires_at",
        "revoked_at",
    )  # fmt: skip
    list_select_related = ("project",)
    search_fields = ("name", "shown", "project__name")
    fields = (
        "name", "note", "project", "rights", "shown", "created_by", "created_at", "last_used_at",
        "expires_at", "revoked_at",
    )  # fmt: skip
    readonly_fields = fields[2:]
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        revoked = keys.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, f"{revoked} revoked.")
