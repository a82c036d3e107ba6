"""The command line as one file: `cli/signals_cli` and the packages that it needs, in one zip.

Its packages are pure Python, so that any Python from 3.11 on runs the file, on any machine. What
is in it comes from what is installed here; the same packages make the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import re
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePath

from django.conf import settings

SOURCE = settings.BASE_DIR / "cli"
COMPILED = (".so", ".pyd", ".dylib")
#: What colours code and Markdown: our tables, bars and texts use neither.
UNUSED = frozenset({"pygments", "markdown-it-py", "mdurl"})
#: They have a compiled half for speed, and do without it.
WORKS_WITHOUT = frozenset({"pyyaml"})
#: The first moment that a zip can hold: times would make each build another file.
MOMENT = (1980, 1, 1, 0, 0, 0)
SHEBANG = b"#!/usr/bin/env python3\n"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
#: Unpacked once, the modules are compiled once; from a zip Python compiles them at each start.
MAIN = '''\
import os
import sys

if sys.version_info < (3, 11):
    sys.exit("signals needs Python 3.11 or newer.")


def unpacked():
    """Return a folder with the modules that only its owner can write, or the zip itself."""
    import shutil
    import tempfile
    import zipfile
    from pathlib import Path, PurePath

    new = ""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(base) / "signals" / "{digest}"
    try:
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = tempfile.mkdtemp(dir=folder.parent)
            with zipfile.ZipFile(sys.path[0]) as packed:
                packed.extractall(new)
            os.rename(new, folder)
    except OSError:
        new and shutil.rmtree(new, ignore_errors=True)  # somebody was faster, or no room
    mine = getattr(os, "getuid", lambda: None)
    if folder.is_dir() and folder.stat().st_uid in (mine(), 0):
        return str(folder)
    return sys.path[0]


sys.path[0] = unpacked()
from signals_cli.app import main

main()
'''


class CannotBundle(Exception):
    """A package is missing, or runs on machines of one kind alone."""


def build(target: Path) -> None:
    """Write the command line as one file that Python runs."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{hashlib.sha256(content()).hexdigest()[:8]}")
    unfinished.write_bytes(content())
    unfinished.chmod(0o755)
    unfinished.replace(target)


@cache
def content() -> bytes:
    """Return the file; made once in a process, and kept in DATA_DIR for the next."""
    digest = _digest()
    kept: Path = settings.DATA_DIR / "cli" / f"signals-{digest}.pyz"
    if kept.is_file():
        return kept.read_bytes()
    made = _packed(digest)
    kept.parent.mkdir(parents=True, exist_ok=True)
    for old in kept.parent.glob("signals-*.pyz"):
        old.unlink(missing_ok=True)
    unfinished = kept.with_suffix(f".{hashlib.sha256(made).hexdigest()[:8]}")
    unfinished.write_bytes(made)
    unfinished.replace(kept)
    return made


def _packed(digest: str) -> bytes:
    buffer = io.BytesIO()
    buffer.write(SHEBANG)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        main = MAIN.replace("{digest}", digest).encode()
        for name, data in sorted([("__main__.py", main), *_sources(), *_packages()]):
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, data)
    return buffer.getvalue()


def _digest() -> str:
    """Return a name for what would be packed: our sources, and the versions of packages."""
    made = hashlib.sha256(Path(__file__).read_bytes())
    for name, data in sorted(_sources()):
        made.update(name.encode() + b"\0" + data)
    for found in distributions():
        made.update(f"{found.name} {found.version}\0".encode())
    return made.hexdigest()[:16]


def _sources() -> Iterator[tuple[str, bytes]]:
    for path in (SOURCE / "signals_cli").rglob("*.py"):
        yield path.relative_to(SOURCE).as_posix(), path.read_bytes()


def _packages() -> Iterator[tuple[str, bytes]]:
    for found in distributions():
        for file in found.files or ():
            if not _belongs(file):
                continue
            if file.suffix not in COMPILED:
                yield file.as_posix(), Path(str(file.locate())).read_bytes()
            elif _normal(found.name) not in WORKS_WITHOUT:
                raise CannotBundle(f"{found.name} is compiled: one file cannot hold it.")


def _belongs(file: PurePath) -> bool:
    """Say whether a file of a package is a module or its data. Of what describes the package one
    file is read at run time: some ask for their own version."""
    if {"..", "__pycache__"} & set(file.parts):
        return False
    return not file.parts[0].endswith(".dist-info") or file.name == "METADATA"


@cache
def distributions(without: frozenset[str] = UNUSED) -> tuple[Distribution, ...]:
    """Return the packages that the command line needs, and those that they need."""
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text("utf-8"))["project"]
    waiting = [(each, True) for each in project["dependencies"]]
    found: dict[str, Distribution] = {}
    while waiting:
        requirement, is_needed = waiting.pop()
        name = _normal(_name_of(requirement))
        if name in found or name in without or "extra ==" in requirement:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            # What stands under a condition (a system, a version) may be missing here.
            if is_needed:
                raise CannotBundle(f"{name} is not installed.") from None
            continue
        waiting += ((each, ";" not in each) for each in found[name].requires or ())
    return tuple(found[name] for name in sorted(found))


def _name_of(requirement: str) -> str:
    named = _NAME.match(requirement)
    assert named is not None, "a requirement begins with the name of a package"
    return named[0]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
