"""granian's command line, whose worker processes end with it, even if it was killed with -9."""

from __future__ import annotations

from granian.cli import entrypoint

from config import leash

if __name__ == "__main__":
    leash.tie_forks()
    entrypoint()  # type: ignore[no-untyped-call]
