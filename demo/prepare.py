"""Makes demo/data/airline.json.zst out of tau-bench's own file:

    python -m demo.prepare path/to/gpt-4o-airline.json

Messages are kept to the letter; of the rest only what the demo shows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import zstandard

from demo.recording import DATA_FILE


def kept(run: dict[str, Any]) -> dict[str, Any]:
    return {
        "task_id": run["task_id"],
        "trial": run["trial"],
        "reward": run["reward"],
        "user_id": run["info"]["task"]["user_id"],
        "messages": run["traj"],
    }


def main(source: Path) -> None:
    runs = [kept(run) for run in json.loads(source.read_bytes())]
    text = json.dumps(runs, ensure_ascii=False, separators=(",", ":"))
    DATA_FILE.write_bytes(zstandard.ZstdCompressor(level=19).compress(text.encode()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
