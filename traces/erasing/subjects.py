"""What is to be erased, as a person names it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError

from core.ids import trace_id_from_hex
from traces.models import Erasure

Kind = Erasure.Kind

MOST_CHARS = 2_000
EMPTY = "Say what to erase."
NO_TRACE_ID = "A trace id has 32 hex digits."


@dataclass(frozen=True, slots=True)
class Subject:
    """text: a user id as traffic says it, a session id, or a trace id as 32 hex digits."""

    kind: Erasure.Kind
    text: str

    @property
    def digest(self) -> str:
        """What may be kept of it: whoever knows the text and our key can tell that it was this."""
        said = f"{self.kind}\n{self.text}".encode("utf-8", "replace")
        return hmac.new(settings.ENCRYPTION_KEY.encode(), said, hashlib.sha256).hexdigest()


def read(kind: str, text: str) -> Subject:
    """Return what a person means. Raises ValidationError with messages for kind and subject."""
    if kind not in Kind.values:
        raise ValidationError({"kind": ["Choose a user, a session or a trace."]})
    if not text.strip() or "\x00" in text or len(text) > MOST_CHARS:
        raise ValidationError({"subject": [EMPTY]})
    if kind != Kind.TRACE:
        return Subject(Kind(kind), text)
    try:
        return Subject(Kind.TRACE, trace_id_from_hex(text.strip().replace("-", "").lower()).hex)
    except ValueError:
        raise ValidationError({"subject": [NO_TRACE_ID]}) from None
