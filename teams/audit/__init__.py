"""The audit log. A verb calls `audit.record` in its own transaction."""

from teams.audit.recording import record

__all__ = ["record"]
