"""What an answer of the judge's server other than 200 means. Pure.

Servers that speak the OpenAI protocol agree on the shape of a request and little else:
the same trouble comes with different codes, so the words of the message count too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from core.retry_after import retry_after_s

DEFAULT_REST_S = 5.0

_TOO_LONG = re.compile(
    r"context.?(?:length|window|size)|maximum (?:context|prompt|input)|too (?:long|many tokens)"
    r"|(?:prompt|input|tokens?) .{0,40}exceed|exceed.{0,40}(?:token|context)|reduce the length",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"response.?format|json.?schema|json.?object|structured|grammar|guided", re.IGNORECASE
)
_FILTER = re.compile(r"content.?(?:filter|policy|management)|responsible.?ai", re.IGNORECASE)
_MODEL = re.compile(
    r"model.{0,80}(?:not found|does not exist|not exist|unknown|not supported)", re.I
)
#: "Quota" alone is not enough: some servers say so of a limit by the minute, with a time to
#: come back, and some name their billing page in every message.
_QUOTA = re.compile(
    r"insufficient.?quota|exceeded your current quota|insufficient.{0,10}credit|out of credit",
    re.IGNORECASE,
)
_COME_BACK = re.compile(r"(?:retry|try again) (?:in|after)", re.IGNORECASE)


class Trouble(Enum):
    TOO_LONG = "too long"
    FORM = "form"
    FILTERED = "filtered"
    REST = "rest"
    BLOCKED = "blocked"
    LATER = "later"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Reading:
    """What to do, in words for a person, and in seconds if the server named a time."""

    trouble: Trouble
    words: str
    after_s: float | None = None


def read(
    status: int, code: str, message: str, headers: Mapping[str, str], model: str, now: datetime
) -> Reading:
    """status: of the HTTP answer; code and message: of its error body, as far as there is one."""
    said = " ".join(message.split())[:300]
    told = f": {said}" if said else "."
    text = f"{code} {message}"
    after_s = retry_after_s(headers, now)
    is_passing = after_s is not None or bool(_COME_BACK.search(message))
    if status == 429 and (is_passing or not _QUOTA.search(text)):
        return Reading(Trouble.REST, f"The judge asked for a rest (429){told}", after_s)
    if status in {402, 429}:
        return _blocked(f"The judge's account has no credit left{told}", "Top it up")
    if status == 401:
        return _blocked(f"The judge refused the API key (401){told}", "Set JUDGE_API_KEY anew")
    if status in {400, 413, 422} and (status == 413 or _TOO_LONG.search(text)):
        return Reading(Trouble.TOO_LONG, f"The transcript is too long for {model}{told}")
    if status in {400, 422} and _FILTER.search(text):
        return Reading(Trouble.FILTERED, f"The judge's content filter refused the request{told}")
    if status in {400, 404} and _MODEL.search(text):
        return _blocked(f"The judge does not know the model {model}{told}", "Choose another model")
    if status in {400, 415, 422, 501} and _FORM.search(text):
        return Reading(Trouble.FORM, f"The judge does not know this answer form{told}")
    if status == 403:
        return _blocked(f"The judge forbids this request (403){told}", "Check the key's rights")
    if status == 404:
        return _blocked(
            f"The judge has no such address or no model {model} (404){told}",
            "Check JUDGE_BASE_URL and the model's name",
        )
    if 300 <= status < 400:
        return _blocked(
            f"The judge's address redirects ({status})", "Set JUDGE_BASE_URL to the final address"
        )
    if status in {408, 409, 425} or status >= 500:
        return Reading(Trouble.LATER, f"The judge answered {status}{told}", after_s)
    return Reading(Trouble.BAD, f"The judge called the request wrong ({status}){told}")


def _blocked(what: str, mend: str) -> Reading:
    end = "" if what.endswith((".", "!", "?")) else "."
    return Reading(Trouble.BLOCKED, f"{what}{end} {mend}, then resume the signal.")
