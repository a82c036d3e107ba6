"""Text of unknown senders, made harmless to look at. Pure.

Escaping is the template's work. What it does not do is show the characters that a reader
cannot see: controls of writing direction can make a text read as something else (CVE-2021-42574),
and control characters mean nothing on a page.
"""

from __future__ import annotations

import re
from typing import Final

#: Explicit marks, embeddings, overrides and isolates of UAX #9, and all controls but tab and
#: line feed.
_UNSEEN: Final = re.compile(
    "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


def visible(text: str) -> str:
    """Return the text with each unseen control written out as "[U+202E]", line ends as LF."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub(lambda match: f"[U+{ord(match[0]):04X}]", plain)
