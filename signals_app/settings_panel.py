"""Judges, and what is kept, on the settings pages of a project (teams/extensions.py)."""

from __future__ import annotations

from teams import extensions
from teams.roles import Right

extensions.register_settings_page("Judges", "judges", order=40)
extensions.register_settings_page("Data", "settings_data", needs=Right.MANAGE, order=60)
