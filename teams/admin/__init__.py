"""The admin site's pages about people, projects, keys and the audit log."""

from teams.admin import audit, people, projects

__all__ = ["audit", "people", "projects"]
