"""The colours of labels for e-mails, which know no stylesheet of ours: read from the one place
where colours stand, static/css/tokens.css."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from django.conf import settings

TOKEN = re.compile(r"--([a-z]+-\d+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
UNLABELLED = ("#cfcfd6", "#3c4046")  # --line-strong


class Colour(NamedTuple):
    light: str
    dark: str


@cache
def colours() -> dict[str, Colour]:
    """Return colours by tone (core/ui/tones.py)."""
    css = (settings.BASE_DIR / "static/css/tokens.css").read_text(encoding="utf-8")
    by_name = {name: Colour(light, dark) for name, light, dark in TOKEN.findall(css)}
    return by_name | {"unlabelled": Colour(*UNLABELLED)}
