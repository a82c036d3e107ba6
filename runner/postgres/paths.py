"""Where the embedded database keeps its files and its socket.

Settings and the server must agree on the socket before the server exists, so
everything here is derived from the data folder's path and from what earlier starts
recorded in it; nothing here creates anything.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

SOCKET_NAME = ".s.PGSQL.5432"
#: Unix sockets take 104 bytes (macOS) or 108 (Linux), the closing zero included.
LONGEST_SOCKET_PATH = 100
#: Where the files go when root runs the program in a folder that nobody else may enter.
SYSTEM_STATE = Path("/var/lib")
ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The unprivileged account that the server runs as when we are root."""

    name: str
    uid: int
    gid: int


def server_account(folder: Path) -> Account | None:
    """Return the account for the server if we are root, whom PostgreSQL refuses, else None.

    The owner of existing files comes first, so that an account made later changes nothing.
    Raise LookupError if there is no account for it.
    """
    if os.geteuid() != 0:
        return None
    if folder.is_dir() and (owner := folder.stat().st_uid) != 0:
        entry = pwd.getpwuid(owner)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LookupError(f"PostgreSQL refuses root, and no account of {', '.join(ACCOUNTS)} exists")


def may_enter(account: Account, folder: Path) -> bool:
    """Say whether the account may pass through one folder."""
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def may_reach(account: Account, folder: Path) -> bool:
    """Say whether the account may pass through the folder and all that lie above it."""
    return all(may_enter(account, each) for each in (folder, *folder.parents) if each.exists())


def fingerprint(path: Path) -> str:
    """Return a short name that belongs to this path alone."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def private_state(data_dir: Path) -> Path:
    """Return the folder outside the data folder for what the server's account must reach."""
    return SYSTEM_STATE / f"signals-{fingerprint(data_dir)}"


def place_record(data_dir: Path) -> Path:
    """Return the file that names the database's folder, when that lies elsewhere."""
    return data_dir / "pg.place"


def database_folder(data_dir: Path) -> Path:
    """Return `pg` in the data folder, or a private folder if root's server could not get there."""
    record = place_record(data_dir)
    if record.is_file():
        return Path(record.read_text(encoding="utf-8").strip())
    inside = data_dir / "pg"
    if inside.exists() or (account := server_account(inside)) is None:
        return inside
    return inside if may_reach(account, data_dir.parent) else private_state(data_dir) / "pg"


def socket_record(data_dir: Path) -> Path:
    """Return the file that names the socket's folder, when that is not the database's."""
    return data_dir / "pg.socket"


def socket_folder(data_dir: Path) -> Path:
    """Return the database's folder, or a shorter one if the socket's path would be too long."""
    folder = database_folder(data_dir)
    if len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return folder
    name = f"signals-{fingerprint(data_dir)}"
    record = socket_record(data_dir)
    if record.is_file():
        recorded = Path(record.read_text(encoding="utf-8").strip())
        # The name is checked because a copied data folder brings the record of the original.
        if recorded.name == name:
            return recorded
    short = Path(tempfile.gettempdir()) / name
    return (
        short
        if len(os.fsencode(short / SOCKET_NAME)) <= LONGEST_SOCKET_PATH
        else Path(
            "/tmp"  # noqa: S108 - the folder inside it is made with mode 0700 and its owner checked
        )
        / name
    )
