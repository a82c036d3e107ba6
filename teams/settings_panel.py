"""The pages of a project's settings that are about people and keys (teams/extensions.py)."""

from __future__ import annotations

from teams import extensions

extensions.register_settings_page("General", "settings", order=10)
extensions.register_settings_page("Members", "members", order=20)
extensions.register_settings_page("API keys", "keys", order=30)
