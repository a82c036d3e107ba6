"""What an answer of the judge's server other than 200 means. Pure.

Servers that speak the OpenAI protocol agree on the shape of a request and little else:
the same trouble comes with different codes, so the words of the message count too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from core.http.retry_after import retry_after_s
from signals_app.judging.model_server import context_limits
from signals_app.judging.model_server.context_limits import Limit
from signals_app.judging.model_server.error_bodies import MAX_CHARS

DEFAULT_REST_S = 5.0

_I = re.IGNORECASE
_TOO_LONG = re.compile(
    r"context.?(?:length|window|size|limit)|maximum (?:context|prompt|input|model length)"
    r"|too (?:long|many tokens)|(?:prompt|input|tokens?) .{0,40}exceed"
    r"|exceed.{0,40}(?:token|context)|reduce the length|(?:length|tokens?) .{0,20}longer than"
    r"|prompt contains \d+ tokens|inputs` (?:tokens|must have less)|range of input length",
    _I,
)
#: A limit by the minute that this request alone is over: no rest helps.
_TOO_LARGE = re.compile(r"request too large|tokens must be reduced|reduce your message size", _I)
_FORM = re.compile(
    r"response.?format|json.?schema|json.?object|structured|grammar|guided"
    r"|(?:handle|support) (?:the |all )?requested parameters",
    _I,
)
_TEMPERATURE = re.compile(r"\btemperature\b", _I)
_BOUND = re.compile(r"\bmax_?(?:completion_?|new_?|output_?)?tokens\b", _I)
_FILTER = re.compile(
    r"content.?(?:filter|policy|management)|responsible.?ai|moderation|flagged (?:as|for|by)", _I
)
_REGION = re.compile(r"unsupported_country|(?:country|region|location).{0,40}not supported", _I)
_KEY = re.compile(
    r"(?:invalid|incorrect|wrong|missing|expired|revoked|bad|no|unknown)[ _-]{0,3}"
    r"(?:proxy server |virtual |x-)?(?:api[ _-]?key|auth(?:entication|orization)?\b|credentials?"
    r"|access[ _-]?token|bearer|proxy server token|subscription key)"
    r"|(?:api[ _-]?key|subscription key|credentials?|access token).{0,40}?"
    r"(?:invalid|incorrect|not valid|wrong|missing|expired|revoked|leaked|not found|disabled"
    r"|required|not provided|malformed)"
    r"|authentication[ _]?(?:error|fail|required)|auth_error|unauthori[sz]ed|not authenticated",
    _I,
)
_MODEL = re.compile(
    r"(?:model|deployment).{0,100}?(?:not found|does not exist|not exist|unknown|not supported"
    r"|not available|decommissioned|not a valid|is invalid|no longer|not deployed|not loaded"
    r"|do(?:es)? not have access|no access)"
    r"|(?:invalid|unknown|no such|unrecognized|unsupported) model|not a valid model"
    r"|no (?:endpoints|allowed providers|models?) (?:found|loaded|are available)"
    r"|llm provider not provided|unable to access model|access to (?:the )?model|model_not_found",
    _I,
)
#: "Quota" alone is not enough: some servers say so of a limit by the minute, with a time to
#: come back, and some name their billing page in every message.
_QUOTA = re.compile(
    r"insufficient.?quota|exceeded your current quota|insufficient.{0,10}(?:credit|balance|funds)"
    r"|out of credit|credit balance is too low|billing.{0,4}(?:hard.?limit|not.?active)"
    r"|spend(?:ing)?.?limit|budget has been exceeded",
    _I,
)
_COME_BACK = re.compile(r"(?:retry|try again) (?:in|after)", _I)
#: Statuses with which servers say that the request is wrong; llama-cpp-python says so with 500.
_WRONG = {400, 404, 415, 422, 500, 501}


class Trouble(Enum):
    TOO_LONG = "too long"
    FORM = "form"
    TEMPERATURE = "temperature"
    BOUND = "bound"
    FILTERED = "filtered"
    REST = "rest"
    BLOCKED = "blocked"
    LATER = "later"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Reading:
    """What to do, in words for a person, and in seconds if the server named a time. limit: what
    it said of its context."""

    trouble: Trouble
    words: str
    after_s: float | None = None
    limit: Limit = field(default_factory=Limit)


@dataclass(frozen=True, slots=True)
class Mending:
    """What a person does about a judge that refuses, as a sentence without its end."""

    key: str
    address: str
    redirect: str


OF_ENVIRONMENT = Mending(
    key="Set JUDGE_API_KEY anew",
    address="Check JUDGE_BASE_URL and the model's name",
    redirect="Set JUDGE_BASE_URL to the final address",
)
OF_PROJECT = Mending(
    key="Type its key in anew under Settings, Judges",
    address="Check its address and its model under Settings, Judges",
    redirect="Give the final address under Settings, Judges",
)


def read(
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str],
    model: str,
    now: datetime,
    mending: Mending = OF_ENVIRONMENT,
) -> Reading:
    """status: of the HTTP answer; code and message: of its error body, as far as there is one."""
    said = " ".join(message.split())[:300]
    told = f": {said}" if said else "."
    text = f"{code} {message}"[:MAX_CHARS]
    after_s = retry_after_s(headers, now)
    is_passing = after_s is not None or bool(_COME_BACK.search(message))
    if status in {413, 429} and _TOO_LARGE.search(text) and not _COME_BACK.search(message):
        return _too_long(model, told, message)
    if status == 429 and (is_passing or not _QUOTA.search(text)):
        return Reading(Trouble.REST, f"The judge asked for a rest (429){told}", after_s)
    if status in {402, 429} or (status in {400, 403} and _QUOTA.search(text)):
        return _blocked(f"The judge's account has no credit left{told}", "Top it up")
    if status == 401 or (status in {400, 403, 422, 500} and _KEY.search(text)):
        return _blocked(f"The judge refused the API key ({status}){told}", mending.key)
    if status in {400, 403} and _REGION.search(text):
        return _blocked(f"The judge forbids this request ({status}){told}", "Use another server")
    return _of_request(status, text, told, model) or _of_server(
        status, told, model, after_s, mending
    )


def _of_request(status: int, text: str, told: str, model: str) -> Reading | None:
    """Return what is wrong with this request, if the server says so."""
    if status in {400, 413, 422, 500} and (status == 413 or _TOO_LONG.search(text)):
        return _too_long(model, told, text)
    if status in _WRONG and _TEMPERATURE.search(text):
        return Reading(Trouble.TEMPERATURE, f"The judge refuses this temperature{told}")
    if status in _WRONG and _BOUND.search(text):
        words = f"The judge refuses this bound of its answer{told}"
        return Reading(Trouble.BOUND, words, limit=context_limits.said(text))
    if status in {400, 403, 422} and _FILTER.search(text):
        return Reading(Trouble.FILTERED, f"The judge's content filter refused the request{told}")
    if status in _WRONG and _FORM.search(text):
        return Reading(Trouble.FORM, f"The judge does not know this answer form{told}")
    if status in {400, 404, 422} and _MODEL.search(text):
        return _blocked(f"The judge does not know the model {model}{told}", "Choose another model")
    return None


def _of_server(
    status: int, told: str, model: str, after_s: float | None, mending: Mending
) -> Reading:
    """Return what the status means by itself."""
    if status == 403:
        return _blocked(f"The judge forbids this request (403){told}", "Check the key's rights")
    if status == 404:
        return _blocked(
            f"The judge has no such address or no model {model} (404){told}",
            mending.address,
        )
    if 300 <= status < 400:
        return _blocked(f"The judge's address redirects ({status})", mending.redirect)
    if status in {408, 409, 425} or status >= 500:
        return Reading(Trouble.LATER, f"The judge answered {status}{told}", after_s)
    return Reading(Trouble.BAD, f"The judge called the request wrong ({status}){told}")


def _too_long(model: str, told: str, text: str) -> Reading:
    words = f"The transcript is too long for {model}{told}"
    return Reading(Trouble.TOO_LONG, words, limit=context_limits.said(text))


def _blocked(what: str, mend: str) -> Reading:
    end = "" if what.endswith((".", "!", "?")) else "."
    return Reading(Trouble.BLOCKED, f"{what}{end} {mend}, then resume the signal.")
