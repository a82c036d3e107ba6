"""Keys that nobody chose: made once, kept beside the data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def stored_key(data_dir: Path, name: str = "secret_key") -> str:
    """Return the key in that file of the data folder, made on first use for its owner alone."""
    path = data_dir / name
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()
