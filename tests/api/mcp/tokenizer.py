"""Real tokenizers: those of gpt-tokenizer, whose vocabularies come with its npm package."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.clients import environments

FOLDER = Path(__file__).parents[2] / "clients" / "node"


def tokens(texts: Sequence[str]) -> list[int]:
    """How many tokens each text has, by the tokenizer that makes more of it."""
    assert (FOLDER / "node_modules").is_dir(), "no npm packages: `make test` installs them"
    node = [str(environments.node() / "node"), str(FOLDER / "count_tokens.mjs")]
    done = subprocess.run(
        node, input=json.dumps(list(texts)), capture_output=True, text=True, check=True
    )
    return [max(pair) for pair in json.loads(done.stdout)]
