"""Whether the address of a judge that a person typed may be called, and who must do what if not."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from core.http import outbound

MAX_CHARS = 500
#: What people paste from examples, and what we add ourselves.
_OUR_PATH = "/chat/completions"


def plain(typed: str) -> str:
    """Return an address as it is stored: without what we add to it, and without a last slash."""
    return typed.strip().rstrip("/").removesuffix(_OUR_PATH).rstrip("/")


def refusal(base_url: str) -> str:
    """Say why an address cannot be called as things are now; "" where it can.

    Says the lines that the operator of the server sets where that is what is missing.
    """
    if len(base_url) > MAX_CHARS:
        return f"At most {MAX_CHARS} characters."
    if "?" in base_url or "#" in base_url:
        return "An address ends with its path, such as /v1: no question mark and no hash."
    words = outbound.refusal(base_url)
    lines = operators_lines(base_url) if words else []
    if not lines:
        return words
    return f"{words} Lines for its settings: {' and '.join(lines)}."


def operators_lines(base_url: str) -> list[str]:
    """Return the settings that the operator adds so that this address may be called."""
    parts = urlsplit(base_url)
    is_plain = parts.scheme.lower() == "http"
    lines = []
    as_https = "https" + base_url[len("http") :] if is_plain else base_url
    if "OUTBOUND_ALLOW" in outbound.refusal(as_https):
        allowed = [*settings.OUTBOUND_ALLOW, parts.hostname or ""]
        lines.append(f"OUTBOUND_ALLOW={','.join(allowed)}")
    if is_plain and not settings.OUTBOUND_HTTP:
        lines.append("OUTBOUND_HTTP=true")
    return lines
