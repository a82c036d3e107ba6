"""Which server, and the key to it: from the environment, or a file that only its owner may read.

The file holds several servers as profiles, one of which is used when none is named.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from signals_cli.errors import ExitCode, Failed, WrongValue

USUAL_URL = "http://127.0.0.1:8799"
USUAL_NAME = "default"
NO_KEY = "No key for {url}. Run `signals auth set-key`, or set SIGNALS_API_KEY."


@dataclass(frozen=True)
class Profile:
    """A server and what opens it. secret: a project's key or a person's token; refresh: what a
    token is renewed with, until which moment of the epoch it is good; project: the slug that is
    asked for, where not the one that the secret is for."""

    name: str
    url: str
    secret: str = ""
    project: str = ""
    source: str = ""
    refresh: str = ""
    expires_at: float = 0.0


def config_path() -> Path:
    """Return where the profiles are kept, as the XDG rules say."""
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "signals" / "config.json"


def read() -> dict[str, Any]:
    """Return what the file says: `current`, and `profiles` by name."""
    try:
        said = json.loads(config_path().read_text("utf-8"))
    except FileNotFoundError:
        said = {}
    except (OSError, ValueError) as error:
        raise Failed(f"{config_path()} cannot be read: {error}", ExitCode.USAGE) from None
    profiles = said.get("profiles") if isinstance(said, dict) else None
    kept = profiles if isinstance(profiles, dict) else {}
    current = str(said.get("current") or USUAL_NAME) if isinstance(said, dict) else USUAL_NAME
    return {"current": current, "profiles": kept}


def write(said: dict[str, Any]) -> None:
    """Replace the file at once, so that nobody reads half of it; mode 0600."""
    path = config_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".config-")  # mkstemp's mode is 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(said, indent=2) + "\n")
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def save(profile: Profile, *, make_current: bool = True) -> None:
    """Keep a server and its key under the profile's name."""
    said = read()
    said["profiles"][profile.name] = {
        "url": profile.url,
        "secret": profile.secret,
        "project": profile.project,
        **(
            {"refresh": profile.refresh, "expires_at": profile.expires_at}
            if profile.refresh
            else {}
        ),
    }
    if make_current or len(said["profiles"]) == 1:
        said["current"] = profile.name
    write(said)


def stored(name: str) -> Profile | None:
    """Return a profile of the file."""
    kept = read()["profiles"].get(name)
    if not isinstance(kept, dict):
        return None
    return Profile(
        name=name,
        url=checked_url(str(kept.get("url") or USUAL_URL)),
        secret=str(kept.get("secret") or ""),
        project=str(kept.get("project") or ""),
        source=str(config_path()),
        refresh=str(kept.get("refresh") or ""),
        expires_at=float(kept.get("expires_at") or 0),
    )


def chosen(name: str = "", project: str = "") -> Profile:
    """Return the server to speak to: the named profile, else the environment, else the profile
    that is in use.

    A stored key goes to the address that it was stored for and to no other.
    """
    profile = _named(name) if name else _of_environment()
    wanted = project or os.environ.get("SIGNALS_PROJECT", "") or profile.project
    return replace(profile, project=wanted)


def _named(name: str) -> Profile:
    profile = stored(name)
    if profile is None:
        known = ", ".join(sorted(read()["profiles"])) or "none yet"
        raise WrongValue(f"There is no profile {name!r}. There are: {known}.")
    return profile


def _of_environment() -> Profile:
    url, key = os.environ.get("SIGNALS_URL", ""), os.environ.get("SIGNALS_API_KEY", "")
    said = os.environ.get("SIGNALS_PROFILE", "")
    kept = _named(said) if said else stored(read()["current"])
    if not url and not key:
        return kept or Profile(USUAL_NAME, USUAL_URL, source="the usual address")
    url = checked_url(url) if url else kept.url if kept else USUAL_URL
    if not key and kept and kept.url == url:
        return kept
    return Profile("", url, key.strip(), source="the environment")


def checked_url(url: str) -> str:
    """Return the address of a server without a slash at its end."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongValue(f"{url!r} is no address of a server, such as {USUAL_URL}.")
    return url.strip().rstrip("/")


def masked(secret: str) -> str:
    """Return as much of a key as may be shown."""
    return f"{secret[:8]}…{secret[-2:]}" if len(secret) > 16 else "…" if secret else ""
