"""The recorded conversations, read from the file that demo/prepare.py made."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import zstandard

from demo.conversations import Conversation

DATA_FILE = Path(__file__).resolve().parent / "data" / "airline.json.zst"


def raw_runs() -> list[dict[str, Any]]:
    """Return 200 runs: task_id, trial, reward, user_id, messages (OpenAI chat messages)."""
    runs: list[dict[str, Any]] = orjson.loads(zstandard.decompress(DATA_FILE.read_bytes()))
    return runs


@cache
def conversations() -> tuple[Conversation, ...]:
    """Return all conversations: about 10 MB, kept for the life of the process."""
    return tuple(Conversation(**run) for run in raw_runs())
