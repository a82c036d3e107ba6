"""A virtual environment for each set of genuine packages, made once and kept for later runs."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

#: Beside the project's own: it is in .gitignore, and an editable checkout keeps it.
HOLD = Path(__file__).resolve().parent.parent.parent / "var" / "test-clients"


def python_with(*packages: str) -> Path:
    """The interpreter of an environment that holds exactly these packages."""
    name = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:16]
    home = HOLD / name
    python = home / "bin" / "python"
    if (home / "whole").exists():
        return python
    HOLD.mkdir(parents=True, exist_ok=True)
    with (HOLD / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test process may be making it
        if not (home / "whole").exists():
            shutil.rmtree(home, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
            words = [str(python), "-m", "pip", "install", "--quiet", *packages]
            subprocess.run(words, check=True, timeout=300)
            (home / "whole").touch()
    return python
