"""Projects, and the keys that open them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from core.admin_site.model_pages import OperatorAdmin, asks_first
from teams import audit, keys, projects
from teams.admin.deleting import DeletedWithEverything
from teams.models import ApiKey, Project, User

SHOWN_ONCE = "Copy the secret of “{name}” now: it is stored as a hash, and never shown again."


@admin.register(Project)
class ProjectAdmin(DeletedWithEverything, OperatorAdmin):
    list_display = ("name", "slug", "team", "is_demo", "created_at")
    list_select_related = ("team",)
    search_fields = ("name", "slug")
    ordering = ("-pk",)
    fields = ("team", "name", "slug", "session_idle_s")
    autocomplete_fields = ("team",)
    prepopulated_fields = {"slug": ("name",)}

    def place(self, row: Project) -> str:
        return reverse("settings", args=[row.slug])

    def save_model(self, request: HttpRequest, row: Project, form: Any, change: bool) -> None:
        initial = {name: form.initial.get(name) for name in ("name", "slug", "session_idle_s")}
        super().save_model(request, row, form, change)
        after = {name: getattr(row, name) for name in initial}
        audit.record(
            "project.changed" if change else "project.made",
            **projects.about(row),
            before=initial if change else {},
            after=after,
        )


class KeyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ApiKey
        fields = ("project", "name", "note", "rights", "expires_at")

    def clean(self) -> dict[str, Any]:
        """Say what `keys.issue` would not take."""
        cleaned = super().clean() or {}
        if not self.errors and self.instance.pk is None:
            try:
                keys.check(
                    cleaned["name"],
                    now=timezone.now(),
                    rights=cleaned["rights"],
                    note=cleaned["note"],
                    expires_at=cleaned["expires_at"],
                )
            except ValidationError as error:
                for field, said in error.message_dict.items():
                    self.add_error(field, said)
        return cleaned


@admin.register(ApiKey)
class ApiKeyAdmin(OperatorAdmin):
    """Keys are made and revoked, and not changed; the secret is shown once."""

    form = KeyForm
    list_display = (
        "name", "shown", "project", "rights", "created_at", "last_used_at", "expires_at",
        "revoked_at",
    )  # fmt: skip
    list_select_related = ("project",)
    search_fields = ("name", "shown", "project__name")
    ordering = ("-pk",)
    autocomplete_fields = ("project",)
    actions = ("revoke",)

    def place(self, row: ApiKey) -> str:
        return reverse("keys", args=[row.project.slug])

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        more = ("shown", "created_by", "created_at", "last_used_at", "revoked_at")
        return ("project", "name", "note", "rights", "expires_at", *(more if obj else ()))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, row: ApiKey, form: Any, change: bool) -> None:
        if change:
            return
        assert isinstance(request.user, User)
        given = dict(form.cleaned_data)
        key, secret = keys.issue(
            given.pop("project"), given.pop("name"), request.user, now=timezone.now(), **given
        )
        row.pk, row.shown = key.pk, key.shown
        row._state.adding = False
        row.secret = secret  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, row: Any, post_url_continue: Any = None) -> Any:
        context = self.admin_site.each_context(request) | {
            "title": "The key is made",
            "about": SHOWN_ONCE.format(name=row.name),
            "secret": row.secret,
            "back": reverse("admin:teams_apikey_changelist"),
        }
        answer: HttpResponse = TemplateResponse(request, "admin/shown_once.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    @asks_first(
        "Revoke {n}? Whatever uses them is refused within a second, for ever.",
        does="Revoke",
        is_destructive=True,
    )
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        """Refuse keys at every door from now on."""
        for key in rows.filter(revoked_at=None).select_related("project"):
            keys.revoke(key, timezone.now())
        self.message_user(request, "They are revoked.")
