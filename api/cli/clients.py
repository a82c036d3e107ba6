"""Which clients this server still speaks with."""

from __future__ import annotations

import re

#: Raised when an answer of REST changes so that an older command line would read it wrongly.
OLDEST_CLIENT = (0, 1, 0)
_CLIENT = re.compile(r"signals-cli/(\d{1,6})\.(\d{1,6})\.(\d{1,6})", re.ASCII)
TOO_OLD = (
    "This command line is version {version}, and this server needs {oldest} or newer. "
    "Fetch it anew: {url}/cli/signals.pyz"
)


def is_ours(user_agent: str) -> bool:
    """Say whether our command line asks."""
    return _CLIENT.match(user_agent) is not None


def why_too_old(user_agent: str, url: str) -> str:
    """Say why a command line may not ask; "" for one that may, and for every other client."""
    found = _CLIENT.match(user_agent)
    if not found or tuple(map(int, found.groups())) >= OLDEST_CLIENT:
        return ""
    version = ".".join(found.groups())
    return TOO_OLD.format(version=version, oldest=".".join(map(str, OLDEST_CLIENT)), url=url)
