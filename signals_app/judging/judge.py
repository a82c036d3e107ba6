"""The judge behind an OpenAI-compatible endpoint. Nothing else imports `openai`.

Retries are the queue's: the client makes none, or attempts would multiply and leases run
out behind its back. It follows no redirect and reads no proxy from the environment, since
both could carry the key and the traffic's text to somewhere else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
from django.conf import settings
from django.utils import timezone
from openai import APIConnectionError, APIStatusError, APITimeoutError, AsyncOpenAI, OpenAIError

from signals_app.judging import errors, prompt, verdict
from signals_app.judging.errors import DEFAULT_REST_S, Trouble
from signals_app.judging.learned import FORMS, Learned
from signals_app.judging.questions import (
    Ask,
    Resting,
    Retryable,
    Ruling,
    SignalBlocked,
    Usage,
    failed,
)
from signals_app.models import Outcome

DEFAULT_BASE_URL = "https://api.openai.com/v1"
CONNECT_TIMEOUT_S = 5.0
#: Local servers want no key, but the client wants one.
NO_KEY = "none"


@dataclass(frozen=True, slots=True)
class _Reply:
    """The part of a chat completion that counts."""

    text: str
    refusal: str
    finish: str
    usage: Usage


class _Refused(Exception):
    """The model or its content filter declined; the message is the reason in words."""


class _TooLong(Exception):
    """The request does not fit into the model's context."""


class _Bad(Exception):
    """The request can never work; the message is the server's."""


class EndpointJudge:
    """One client for one event loop. learned: what is known of each model, and grows."""

    def __init__(self, learned: dict[str, Learned] | None = None) -> None:
        self.learned = dict(learned or {})
        timeout = httpx2.Timeout(settings.JUDGE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        lanes = settings.JUDGE_CONCURRENCY + 4
        self._client = AsyncOpenAI(
            base_url=settings.JUDGE_BASE_URL or DEFAULT_BASE_URL,
            api_key=settings.JUDGE_API_KEY or NO_KEY,
            max_retries=0,
            timeout=timeout,
            http_client=httpx2.AsyncClient(
                timeout=timeout,
                follow_redirects=False,
                trust_env=False,
                limits=httpx2.Limits(max_connections=lanes, max_keepalive_connections=lanes),
            ),
        )

    async def close(self) -> None:
        await self._client.close()

    async def ask(self, ask: Ask) -> Ruling:
        """Raises Retryable, Resting or SignalBlocked; every other end is a Ruling."""
        began = time.monotonic()
        try:
            ruling = await self._within_context(ask)
        except _Bad as error:
            ruling = failed(str(error), ask.model)
        except _Refused as error:
            ruling = Ruling(Outcome.REFUSED, model=ask.model, reason=str(error))
        return ruling.but(latency_ms=round((time.monotonic() - began) * 1000))

    async def _within_context(self, ask: Ask) -> Ruling:
        """Once more with half of the transcript when the whole is too long, and not again."""
        budget = settings.JUDGE_MAX_INPUT_CHARS
        for part in (budget, budget // 2):
            shown = ask.target.evidence(part)
            request = prompt.messages(shown, ask.question, ask.target.scope)
            try:
                ruling = await self._readable(ask, request)
            except _TooLong as error:
                words = str(error)
                continue
            return ruling.but(cut_chars=shown.cut_chars)
        return failed(
            f"{words.rstrip('.')}. Half of it was too long as well: "
            "lower JUDGE_MAX_INPUT_CHARS or choose a model with a larger context.",
            ask.model,
        )

    async def _readable(self, ask: Ask, request: list[prompt.Message]) -> Ruling:
        """An answer that is no verdict is sent back once with what is wrong with it."""
        usage, why = Usage(), ""
        for attempt in range(2):
            reply = await self._reply(ask, request)
            usage = usage.plus(reply.usage)
            counted = {"usage": usage, "cost_usd": cost_usd(usage), "model": ask.model}
            if reply.refusal or reply.finish == "content_filter":
                words = verdict.clean(reply.refusal) or "its content filter stopped the answer"
                ruled = Ruling(Outcome.REFUSED, reason=f"The judge declined to answer: {words}")
                return ruled.but(**counted)
            try:
                read = verdict.read(reply.text, ask.labels)
            except verdict.Unreadable as error:
                why = _unreadable(str(error), reply.finish)
                if attempt == 0:
                    request = request + prompt.correction(reply.text, str(error), ask.labels)
                continue
            ruled = Ruling(Outcome.LABELLED, label=read.label, explanation=read.explanation)
            return ruled.but(**counted)
        return failed(f"The judge gave no usable answer, twice: {why}.").but(**counted)

    async def _reply(self, ask: Ask, request: list[prompt.Message]) -> _Reply:
        """One answer, stepping down to a plainer answer form where the server asks for it."""
        for _ in FORMS:
            known = self.learned.get(ask.model, Learned())
            form = known.form
            try:
                return _reply_of(await self._send(ask, request, form))
            except _FormUnknown as error:
                plainer = known.plainer_form
                if plainer is None:
                    raise _Bad(str(error)) from None
                now_known = self.learned.get(ask.model, Learned())
                if now_known.form == form:  # another call may have stepped
                    self.learned[ask.model] = now_known.but(form=plainer)
        raise Retryable("The judge knew none of the answer forms this time.")

    async def _send(self, ask: Ask, request: list[prompt.Message], form: str) -> Any:
        """The answer as plain JSON. The client's typed methods walk through every field of what
        they send and receive, which is two thirds of the time that a question costs us."""
        body = {"model": ask.model, "messages": request, **_form_parameters(form, ask.labels)}
        try:
            response = await self._client.post(
                "/chat/completions", cast_to=httpx2.Response, body=body
            )
            return orjson.loads(response.content)
        except APITimeoutError:
            words = f"The judge did not answer within {settings.JUDGE_TIMEOUT_S:g} s."
            raise Retryable(words) from None
        except APIConnectionError as error:
            cause = error.__cause__ or error
            words = f"The judge could not be reached ({type(cause).__name__})."
            raise Retryable(words) from None
        except APIStatusError as error:
            raise _meaning(error, ask.model) from None
        except (OpenAIError, ValueError, httpx2.HTTPError) as error:
            # A body that breaks off, or that is not what its header says.
            words = f"The judge's answer could not be read ({type(error).__name__})."
            raise Retryable(words) from None


class _FormUnknown(Exception):
    """The server does not know `response_format`, or not this kind of it."""


def default_model() -> str:
    return str(settings.JUDGE_MODEL)


def cost_usd(usage: Usage) -> float | None:
    """None while the price is not set, or the tokens are not known: unknown is not free."""
    prices = (settings.JUDGE_PRICE_INPUT_USD, settings.JUDGE_PRICE_OUTPUT_USD)
    if not any(prices) or usage.input_tokens is None or usage.output_tokens is None:
        return None
    return float(usage.input_tokens * prices[0] + usage.output_tokens * prices[1]) / 1e6


def _form_parameters(form: str, labels: list[str]) -> dict[str, Any]:
    if form == "json_schema":
        return {"response_format": verdict.response_format(labels)}
    if form == "json_object":
        return {"response_format": {"type": "json_object"}}
    return {}


def _reply_of(completion: Any) -> _Reply:
    """Raises Retryable for what is no chat completion: some gateways answer 200 with an error."""
    try:
        choice = completion["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
        finish = choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        words = "The judge answered with something that is not a chat completion."
        raise Retryable(words) from None
    return _Reply(
        text=text if isinstance(text, str) else "",
        refusal=refusal if isinstance(refusal, str) else "",
        finish=finish if isinstance(finish, str) else "",
        usage=_usage(completion.get("usage")),
    )


def _usage(said: Any) -> Usage:
    told = said if isinstance(said, dict) else {}
    details = told.get("prompt_tokens_details")
    return Usage(
        _whole(told.get("prompt_tokens")),
        _whole(told.get("completion_tokens")),
        _whole(details.get("cached_tokens")) if isinstance(details, dict) else None,
    )


def _whole(value: Any) -> int | None:
    """A count that the database can hold."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if is_count else None


def _unreadable(why: str, finish: str) -> str:
    return f"{why} (it was cut off at the model's output limit)" if finish == "length" else why


def _meaning(error: APIStatusError, model: str) -> Exception:
    """The exception that stands for what a status and an error body mean."""
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    code = f"{error.code or ''} {error.type or ''}"
    found = errors.read(error.status_code, code, _message(error), headers, model, timezone.now())
    if found.trouble is Trouble.REST:
        return Resting(found.words, DEFAULT_REST_S if found.after_s is None else found.after_s)
    if found.trouble is Trouble.LATER:
        return Retryable(found.words, found.after_s)
    kinds: dict[Trouble, type[Exception]] = {
        Trouble.BLOCKED: SignalBlocked,
        Trouble.TOO_LONG: _TooLong,
        Trouble.FORM: _FormUnknown,
        Trouble.FILTERED: _Refused,
    }
    return kinds.get(found.trouble, _Bad)(found.words)


def _message(error: APIStatusError) -> str:
    """The server's own words, without the client's frame around them."""
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        told = inner.get("message") if isinstance(inner, dict) else inner
        return str(told or "")
    return str(body or "")
