"""The pages of a project's settings that are about people and keys (teams/extensions.py)."""

from __future__ import annotations

from django.urls import reverse

from core.ui.page_links import PageLink
from teams import extensions
from teams.models import User
from teams.roles import Right

extensions.register_settings_page("General", "settings", order=10)
extensions.register_settings_page("Members", "members", order=20)
extensions.register_settings_page("API keys", "keys", order=30)
extensions.register_settings_page("Audit log", "audit_log", needs=Right.MANAGE, order=80)


def delete_account(_slug: str, _user: User) -> PageLink:
    return PageLink("Delete the account", reverse("account_delete"))


extensions.account_links.register("delete", delete_account)
