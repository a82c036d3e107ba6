"""The keys of a backup, put back into the data folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from runner.backups.programs import CannotBackUp

#: By setting: the file that holds it where the environment does not.
FILES = {
    "SECRET_KEY": "secret_key",
    "ENCRYPTION_KEY": "encryption_key",
    "IDP_OIDC_PRIVATE_KEY": "oidc_key.pem",
}


def refuse_other_keys(keys: Mapping[str, str]) -> None:
    """Raise CannotBackUp if the environment sets a key under which nothing sealed would open."""
    if settings.CHOSEN_KEYS["ENCRYPTION_KEY"] not in ("", keys["ENCRYPTION_KEY"]):
        raise CannotBackUp(
            "ENCRYPTION_KEY is set, and is not the one that the backup's secrets are sealed with. "
            "Leave it out of the environment and of .env: the restore puts the backup's own key "
            "into DATA_DIR."
        )


def lay_ready(data_dir: Path, keys: Mapping[str, str]) -> None:
    """Write the keys beside those in use, for their owner alone."""
    for setting, name in FILES.items():
        ready = data_dir / f"{name}.restored"
        ready.unlink(missing_ok=True)
        descriptor = os.open(ready, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(keys[setting])


def put_into_use(data_dir: Path) -> list[str]:
    """Let the keys that lie ready take the place of those in use, which are kept under another
    name; return the settings of the environment that still say otherwise."""
    for name in FILES.values():
        ready, used = data_dir / f"{name}.restored", data_dir / name
        if used.exists() and used.read_bytes() != ready.read_bytes():
            used.replace(data_dir / f"{name}.before-restore")
        ready.replace(used)
    said = (data_dir / FILES["SECRET_KEY"]).read_text(encoding="ascii")
    return ["SECRET_KEY"] if settings.CHOSEN_KEYS["SECRET_KEY"] not in ("", said) else []


def take_away(data_dir: Path) -> None:
    """Remove keys that lie ready and are not needed."""
    for name in FILES.values():
        (data_dir / f"{name}.restored").unlink(missing_ok=True)
