"""What a span says: from attributes and events of any convention to messages."""

from __future__ import annotations

from traces.messages.previews import preview
from traces.messages.reading import read
from traces.messages.tools import name_and_id

__all__ = ["name_and_id", "preview", "read"]
