"""The demo project's API key. Its secret is kept in a file, so that each start can show it."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from teams.models import ApiKey, Project, Rights, digest_of

NAME = "Demo traffic"


def key_file() -> Path:
    return Path(settings.DATA_DIR) / "demo_key"


def stored_secret() -> str | None:
    """Return the secret in the file; None on a machine that did not load the demo."""
    try:
        return key_file().read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def ensure(project: Project) -> str:
    """Return a secret that may write to the project: a new one if the stored one no longer may."""
    secret = stored_secret()
    good = project.api_keys.valid(timezone.now()).filter(rights=Rights.WRITE)
    if secret and good.filter(digest=digest_of(secret)).exists():
        return secret
    return renew(project)


def renew(project: Project) -> str:
    """Issue a key for the project, store its secret and return it."""
    _, secret = ApiKey.objects.issue(project, NAME)
    store(secret)
    return secret


def store(secret: str) -> None:
    """Write the secret to its file, readable by its owner alone and never half written."""
    fresh = key_file().with_suffix(".new")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret + "\n")
    fresh.replace(key_file())
