"""Where the genuine clients are installed: an environment each, kept between checkouts.

    python -m tests.clients.environments     installs whatever is missing

An environment's folder is named by a hash of its pins, in the user's cache: another clone with
the same pins finds it there. It is built beside its place and moved there whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.clients.setups import Setup, all_setups

PINS: Final = ("requirements.txt", "package.json", "package-lock.json")
AT_ONCE: Final = 4


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
    target = place(setup)
    if target.exists():
        return target
    cache().mkdir(parents=True, exist_ok=True)
    built = Path(tempfile.mkdtemp(prefix=f".{setup.name}-", dir=cache()))
    try:
        (_python if setup.is_python else _node)(setup, built)
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


def _python(setup: Setup, folder: Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    _run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    pins = str(setup.folder / "requirements.txt")
    interpreter = str(folder / "bin" / "python")
    _run([*uv, "pip", "install", "--quiet", "--python", interpreter, "--no-deps", "-r", pins])


def _node(setup: Setup, folder: Path) -> None:
    for name in PINS:
        if (file := setup.folder / name).exists():
            shutil.copy(file, folder)
    beside = Path(sys.executable).parent
    path = f"{os.environ['PATH']}{os.pathsep}{beside}"
    npm = shutil.which("npm", path=path)
    assert npm, "no npm: `make test` installs one"
    _run([npm, "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, PATH=path)


def _run(words: list[str], cwd: Path | None = None, **environment: str) -> None:
    given = os.environ | environment
    done = subprocess.run(words, cwd=cwd, env=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(environment, all_setups()))
