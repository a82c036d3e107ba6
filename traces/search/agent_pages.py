"""Lists of agents, the one heard of last first."""

from __future__ import annotations

from core.paging import Pager

PAGES = Pager("last_seen_at", "id", int)
