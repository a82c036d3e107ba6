"""HTML as a browser would read it, for tests that look for a piece of a page."""

from __future__ import annotations

import re

from django.http import HttpResponseBase

#: At the edges of these, white space does not show.
BLOCKS = (
    "caption|dd|details|div|dl|dt|fieldset|figure|figcaption|form|h[1-6]|header|legend|li|main|nav"
    "|ol|p|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
OPENING = re.compile(rf"(<(?:{BLOCKS})\b[^>]*>) ")
CLOSING = re.compile(rf" (</(?:{BLOCKS})>)")
#: How templates break their lines: between a tag's name, its attributes and its end.
TAG_END = re.compile(r"(<[^<>]*?) (/?>)")


def squeezed(html: str) -> str:
    """Return HTML without the white space that a browser does not show."""
    html = TAG_END.sub(r"\1\2", re.sub(r"\s+", " ", html))
    return CLOSING.sub(r"\1", OPENING.sub(r"\1", html))


def html_of(response: HttpResponseBase) -> str:
    """Return the page of a response, squeezed."""
    return squeezed(response.content.decode())  # type: ignore[attr-defined]
