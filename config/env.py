"""Every setting that the environment may change is read through here, so that one
list of them exists: a test compares it with `.env.example` and docs/configuration.md."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

#: Names of all settings read so far, in the order of reading.
read_names: list[str] = []

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}


def load_file(path: Path) -> None:
    """Put `NAME=value` lines of a file into the environment; what is set already wins."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, mark, value = line.partition("=")
        if mark and not name.strip().startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def text(name: str, default: str = "", *aliases: str) -> str:
    """The first of name and aliases that is set and not empty."""
    read_names.extend((name, *aliases))
    for candidate in (name, *aliases):
        if value := os.environ.get(candidate, ""):
            return value
    return default


def flag(name: str, default: bool) -> bool:
    word = text(name).strip().lower()
    if not word:
        return default
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {word!r}")


def whole(name: str, default: int, least: int = 0) -> int:
    word = text(name).strip()
    try:
        number = int(word) if word else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {word!r}") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {number}")
    return number


def decimal(name: str, default: float, least: float = 0.0) -> float:
    word = text(name).strip()
    try:
        number = float(word) if word else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number, not {word!r}") from None
    if not number >= least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {number}")
    return number


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def mapping(name: str, refused: Collection[str] = ()) -> dict[str, Any]:
    """A JSON object, for instance {"seed": 7}. refused: keys that it must not hold."""
    word = text(name).strip()
    try:
        found = json.loads(word) if word else {}
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a JSON object: {error}") from None
    if not isinstance(found, dict):
        raise ImproperlyConfigured(f"{name} must be a JSON object, not {word[:60]!r}")
    if ours := sorted(set(found) & set(refused)):
        raise ImproperlyConfigured(f"{name} must not set {', '.join(ours)}")
    return found


def places(name: str) -> list[str]:
    """Hosts, addresses and networks such as 10.0.0.0/8."""
    found = words(name)
    for word in found:
        try:
            if "/" in word:
                ipaddress.ip_network(word, strict=False)
        except ValueError:
            raise ImproperlyConfigured(f"{name} holds {word!r}, which is no network") from None
    return found
