"""Texts from elsewhere, made harmless: what a trace says must not move the cursor of a terminal."""

from __future__ import annotations

import json
import re
from typing import Any

#: Controls (ESC and the C1 range among them), marks that turn the direction of text around, and
#: halves of characters, which no encoding can write.
_HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_HARMFUL_IN_JSON = re.compile(r"[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(value: Any) -> str:
    """Return a text that only shows something; line breaks and tabs stay."""
    text = "" if value is None else str(value)
    return _HARMFUL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def line(value: Any, most: int = 0) -> str:
    """Return a text on one line, cut after `most` characters where that is given."""
    text = " ".join(clean(value).split())
    return text[: most - 1] + "…" if most and len(text) > most else text


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Return JSON in readable Unicode that is harmless when a terminal shows it."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _HARMFUL_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
