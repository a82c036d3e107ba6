"""Reading one attribute value: what counts as said, and what it says.

Every reader returns None for "nothing here", so that the next key of a field is tried:
empty and blank strings, the placeholders of SDKs, values of another type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import orjson

from core.ids import short_id
from traces.conventions.keys import (
    FRAMEWORKS,
    KIND_WORDS,
    OTHER_WORDS,
    PROVIDER_ALIASES,
    PROVIDER_SUFFIXES,
)

Reader = Callable[[Any], Any]

#: Text that stands where a value should be, in lower case. Google ADK writes the first three;
#: those from "__redacted__" on are what redactors leave (OpenInference, Sentry, collectors).
PLACEHOLDERS = frozenset(
    {
        "<not specified>",
        "n/a",
        "{}",
        "[]",
        '""',
        "null",
        "none",
        "undefined",
        "__redacted__",
        "redacted",
        "[redacted]",
        "<redacted>",
        "(redacted)",
        "[filtered]",
        "[scrubbed]",
        "[masked]",
        "[hidden]",
        "[removed]",
    }
)
#: What Logfire leaves of a value whose name or text looks secret: `[Scrubbed due to 'session']`.
_SCRUBBED = "[scrubbed due to "
_LONGEST_PLACEHOLDER = 20

MAX_MESSAGE = 2_000
MAX_COLOURED = 2_000  # the pattern of the codes is not linear in the length
MAX_TAGS = 50
MAX_TAGS_READ = 1_000
MAX_TAGS_TEXT = 20_000
MAX_TAG = 200

#: Details of token counts are read up to this length.
MAX_DETAILS = 2_000

#: JSON inside of an attribute is parsed up to this length; above it, it is content.
MAX_JSON = 200_000

_INT64_MAX = (1 << 63) - 1
_MAX_TOKENS = 1 << 53
_COUNT = re.compile(r"""['"]([a-z_]{1,40})['"]: ([0-9]{1,15})\b""")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\].*?(?:\x07|\x1b\\)|\x1b.?")


def text(value: Any) -> str | None:
    """Return a name or an id, without blanks around it; integers are taken as their digits."""
    if value.__class__ is not str:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return None
    value = value.strip()
    if is_placeholder(value):
        return None
    return _unquoted(value) if value[0] == '"' else short_id(value)


def is_placeholder(value: str) -> bool:
    """Say whether a stripped text only holds the place of a value that was not sent."""
    if not value:
        return True
    if len(value) > _LONGEST_PLACEHOLDER:
        return value[0] == "[" and value[: len(_SCRUBBED)].lower() == _SCRUBBED
    return value.lower() in PLACEHOLDERS or not value.strip("*")


def _unquoted(value: str) -> str | None:
    r"""Return the text inside MLflow's JSON, in which it writes every value: `"\"abc\""`."""
    inner = json_value(value)
    if not isinstance(inner, str):
        return short_id(value)
    inner = inner.strip()
    return None if is_placeholder(inner) else short_id(inner)


def message(value: Any) -> str | None:
    """Return a sentence of an error, cut at its end."""
    if not isinstance(value, str) or not (value := value.strip()):
        return None
    return value if len(value) <= MAX_MESSAGE else value[: MAX_MESSAGE - 1] + "…"


def model(value: Any) -> str | None:
    """Return the name of a model; Claude Code sends it with colour codes of the terminal."""
    if isinstance(value, str) and "\x1b" in value:
        value = _ANSI.sub("", value[:MAX_COLOURED])
    return text(value)


def provider(value: Any) -> str | None:
    """Return the provider of a model under its OpenTelemetry name; None for a framework."""
    name = text(value)
    if name is None:
        return None
    name = name.lower()
    for suffix in PROVIDER_SUFFIXES:
        if name.endswith(suffix):
            name = name[: -len(suffix)]
            break
    if not name or name in FRAMEWORKS:
        return None
    return PROVIDER_ALIASES.get(name, name)


def kind(value: Any) -> str | None:
    """Return one of records.KINDS but "other"; None for words that say nothing of the kind."""
    word = _word(value)
    return KIND_WORDS.get(word) if word else None


def says_other(value: Any) -> bool | None:
    """Return True when the word is a known way to say "none of the kinds"."""
    word = _word(value)
    return True if word and word in OTHER_WORDS else None


def _word(value: Any) -> str | None:
    word = text(value)
    return word.lower() if word else None


def vercel_kind(value: Any) -> str | None:
    """Return the kind of an operation of the Vercel AI SDK.

    `operation.name` repeats the id and adds the function's name ("ai.generateText my-fn").
    """
    word = text(value)
    if word is None or not word.startswith("ai."):
        return None
    operation = word.split(" ", 1)[0]
    if operation.startswith("ai.embed"):
        return "embedding"
    if operation.endswith((".doGenerate", ".doStream")):
        return "llm"
    return {"ai.toolCall": "tool", "ai.rerank": "reranker", "ai.rerank.doRerank": "reranker"}.get(
        operation, "chain"
    )


def vercel_rollup(value: Any) -> bool | None:
    """Return True for the outer span of an embedding, whose tokens its doEmbed repeats."""
    word = text(value)
    if word is None or not word.startswith(("ai.embed", "ai.rerank")):
        return None
    return None if ".do" in word.split(" ", 1)[0] else True


def count(value: Any) -> int | None:
    """Return a number of tokens: not negative, sent as int, float, or (MLflow) digits."""
    if value.__class__ is int:
        return value if 0 <= value <= _MAX_TOKENS else None
    number = amount(value)
    if number is None or not number.is_integer() or number > _MAX_TOKENS:
        return None
    return int(number)


def amount(value: Any) -> float | None:
    """Return a finite number that is not negative, such as a cost in USD."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def counts(value: Any) -> dict[str, int] | None:
    """Return token counts by name, sent as structure, as JSON, or (LangSmith) as Python's repr of
    it."""
    named: Any = json_object(value)
    if named is None and isinstance(value, str):
        named = dict(_COUNT.findall(value[:MAX_DETAILS]))
    numbers = {name: number for name, held in (named or {}).items() if (number := count(held))}
    return numbers or None


def flag(value: Any) -> bool | None:
    """Return True or False, sent as such or as its word; None for anything else."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) and len(value) < 10 else ""
    return {"true": True, "false": False}.get(word)


def truth(value: Any) -> bool | None:
    """Return True for a flag that is set; None when it is not, so that another place may set it."""
    if isinstance(value, str):
        return True if value.strip().lower() in ("1", "true", "yes", "on") else None
    return True if value and isinstance(value, bool | int | float) else None


def json_value(value: Any) -> Any:
    """Return a parsed JSON string of bounded length; None when it is not JSON, itself when no
    string."""
    if not isinstance(value, str):
        return value
    if len(value) > MAX_JSON:
        return None
    if "\\u0000" in value:  # an escape that the cleaning of the raw text could not see
        value = value.replace("\\u0000", "\\ufffd")
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return None


def json_object(value: Any) -> dict[str, Any] | None:
    """Return an object sent as structure, as a JSON string, or as a JSON string within one."""
    for _ in range(3):
        if isinstance(value, dict):
            return value or None
        if not isinstance(value, str) or value.strip()[:1] not in ("{", '"'):
            return None
        value = json_value(value)
    return None


def tags(value: Any) -> list[str] | None:
    """Return tags sent as an array, as JSON, or joined by commas."""
    if isinstance(value, str):
        parsed = json_value(value) if value.strip()[:1] in ("[", '"') else None
        value = parsed if isinstance(parsed, list) else _split(parsed, value)
    if not isinstance(value, list):
        return None
    texts = (tag for item in value[:MAX_TAGS_READ] if (tag := text(item)))
    return list(dict.fromkeys(tag[:MAX_TAG] for tag in texts))[:MAX_TAGS] or None


def _split(parsed: Any, raw: str) -> list[str]:
    joined = parsed if isinstance(parsed, str) else raw
    return joined[:MAX_TAGS_TEXT].split(",")
