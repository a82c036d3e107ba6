"""Every setting that the environment may change is read through here, so that one
list of them exists: a test compares it with `.env.example` and docs/configuration.md."""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Collection
from datetime import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values, load_dotenv

#: Names of all settings read so far, in the order of reading.
read_names: list[str] = []

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}


def load_file(path: Path) -> None:
    """Put the settings of a `.env` file into the environment, where what is set already wins.

    `$` in a value stands for itself: secrets may hold it.
    """
    load_dotenv(path, interpolate=False)


def unknown_names(path: Path) -> list[str]:
    """Return the names that a `.env` file sets and no setting reads, in its order."""
    return [name for name in dotenv_values(path, interpolate=False) if name not in read_names]


def text(name: str, default: str = "", *aliases: str) -> str:
    """Return the first of name and aliases that is set and not empty, else the default."""
    read_names.extend((name, *aliases))
    for candidate in (name, *aliases):
        if value := os.environ.get(candidate, ""):
            return value
    return default


def flag(name: str, default: bool) -> bool:
    """Return a setting that is true or false; raise ImproperlyConfigured for other words."""
    word = text(name).strip().lower()
    if not word:
        return default
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {word!r}")


def integer(name: str, default: int, least: int = 0) -> int:
    """Return a whole number; raise ImproperlyConfigured if it is none or below `least`."""
    word = text(name).strip()
    try:
        number = int(word) if word else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {word!r}") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {number}")
    return number


def decimal(name: str, default: float, least: float = 0.0) -> float:
    """Return a number; raise ImproperlyConfigured if it is none or below `least`."""
    word = text(name).strip()
    try:
        number = float(word) if word else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number, not {word!r}") from None
    if not number >= least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {number}")
    return number


def time_of_day(name: str) -> time | None:
    """Return a time such as 03:30; None if it is not set."""
    word = text(name).strip()
    try:
        return time.fromisoformat(word) if word else None
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a time such as 03:30, not {word!r}") from None


def words(name: str, default: str = "") -> list[str]:
    """Return what stands between commas, without spaces around it and without empty words."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, among: Collection[str]) -> str:
    """Return one of a few words; raise ImproperlyConfigured for another one."""
    word = text(name).strip().lower() or default
    if word not in among:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(among)}, not {word!r}")
    return word


def refuse(name: str, instead: str) -> None:
    """Raise ImproperlyConfigured for a setting that is no more: what it said would be lost."""
    if os.environ.get(name, ""):
        raise ImproperlyConfigured(f"{name} is no setting any more: {instead}")


def networks(name: str, default: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return networks and addresses; raise ImproperlyConfigured for a word that is neither."""
    try:
        return [ipaddress.ip_network(word, strict=False) for word in words(name, default)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def mapping(name: str, refused: Collection[str] = ()) -> dict[str, Any]:
    """Return a JSON object, for instance {"seed": 7}.

    Raise ImproperlyConfigured if it is none, or holds one of the `refused` keys.
    """
    word = text(name).strip()
    try:
        value = json.loads(word) if word else {}
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a JSON object: {error}") from None
    if not isinstance(value, dict):
        raise ImproperlyConfigured(f"{name} must be a JSON object, not {word[:60]!r}")
    if ours := sorted(set(value) & set(refused)):
        raise ImproperlyConfigured(f"{name} must not set {', '.join(ours)}")
    return value


def hosts(name: str) -> list[str]:
    """Return hosts, addresses and networks such as 10.0.0.0/8.

    Raise ImproperlyConfigured for a network that is none.
    """
    listed = words(name)
    for word in listed:
        try:
            if "/" in word:
                ipaddress.ip_network(word, strict=False)
        except ValueError:
            raise ImproperlyConfigured(f"{name} holds {word!r}, which is no network") from None
    return listed
