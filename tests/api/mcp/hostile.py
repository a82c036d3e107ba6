"""Text that costs a model as many tokens as it can."""

from __future__ import annotations

import base64
import random
import string
from pathlib import Path

_random = random.Random(7)


def some(chars: str | range, n: int) -> str:
    pool = chars if isinstance(chars, str) else "".join(map(chr, chars))
    return "".join(_random.choice(pool) for _ in range(n))


KINDS: dict[str, str] = {
    "english": (Path(__file__).parents[3] / "docs/architecture.md").read_text("utf-8")[:8000],
    "code": Path(__file__).read_text("utf-8"),
    "base64": base64.b64encode(_random.randbytes(4000)).decode(),
    "hex": _random.randbytes(3000).hex(),
    "lower-case letters": some(string.ascii_lowercase, 4000),
    "upper-case letters": some("XZQJKVW", 4000),
    "letters": some(string.ascii_letters, 4000),
    "digits": some(string.digits, 4000),
    "signs": some(string.punctuation, 4000),
    "printable": some(string.printable, 4000),
    "single letters": " ".join(some(string.ascii_letters, 2000)),
    "short nonsense": "qz xj vk " * 700,
    "emoji": some(range(0x1F300, 0x1F6FF), 2000),
    "rare emoji": some(range(0x1F900, 0x1FAFF), 2000),
    "chinese": some(range(0x4E00, 0x9FFF), 2000),
    "rare chinese": some(range(0x20000, 0x2A6D0), 2000),
    "korean": some(range(0xAC00, 0xD7A3), 2000),
    "thai": some(range(0xE01, 0xE3A), 2000),
    "arabic": some(range(0x621, 0x64A), 2000),
    "cyrillic": some(range(0x400, 0x4FF), 2000),
    "accents": some(range(0x100, 0x24F), 2000),
    "combining marks": some(range(0x300, 0x36F), 2000),
    "symbols": some(range(0x1000, 0x3000), 2000),
    "private use": some(range(0xE000, 0xF8FF), 2000),
    "tags": some(range(0xE0000, 0xE007F), 2000),
    "line ends": "a\r\n" * 1000,
    "white space": some(" \n\t", 3000),
    "json": '{"id": 1, "x": 0.123456789, "n": null}, ' * 150,
    "letters and digits": "a1" * 2000,
}
#: Those that texts of traces are made of in tests: the dearest for each character.
WORST = ("emoji", "rare chinese", "base64", "private use", "single letters", "combining marks")
