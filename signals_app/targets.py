"""A target's address in a URL: "trace:<32 hex>", "session:<32 hex>", "span:<32 hex>:<16 hex>"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from core.ids import span_id_from_hex, span_id_hex, trace_id_from_hex
from signals_app.models import Scope

_ADDRESS = re.compile(r"(trace|session):([0-9a-f]{32})|(span):([0-9a-f]{32}):([0-9a-f]{16})")


@dataclass(frozen=True, slots=True)
class TargetRef:
    """target: the trace id, or the session's key; span_id: None unless the scope is span."""

    scope: str
    target: UUID
    span_id: int | None = None

    def __str__(self) -> str:
        if self.span_id is None:
            return f"{self.scope}:{self.target.hex}"
        return f"{Scope.SPAN.value}:{self.target.hex}:{span_id_hex(self.span_id)}"

    @property
    def stored_span_id(self) -> int:
        """As jobs and classifications have it: 0 unless the scope is span."""
        return self.span_id or 0


def parse(text: str) -> TargetRef:
    """Raises ValueError for anything that is no address."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError("a target is trace:…, session:… or span:…:…")
    if match[3]:
        return TargetRef("span", trace_id_from_hex(match[4]), span_id_from_hex(match[5]))
    return TargetRef(match[1], trace_id_from_hex(match[2]))
