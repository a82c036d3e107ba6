"""The judge behind an OpenAI-compatible endpoint. Nothing else imports `openai`.

Retries are the queue's: the client makes none, or attempts would multiply and leases run
out behind its back. It follows no redirect and reads no proxy from the environment, since
both could carry the key and the traffic's text to somewhere else.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx2
from django.conf import settings
from django.utils import timezone
from openai import APIConnectionError, APIStatusError, APITimeoutError, AsyncOpenAI, OpenAIError

from core.http.addresses import Refused
from core.http.guarded_transport import GuardedTransport
from signals_app.judging import prompt
from signals_app.judging.endpoint import Endpoint
from signals_app.judging.model_server import (
    completions,
    context_budget,
    error_bodies,
    errors,
    replies,
    requests,
)
from signals_app.judging.model_server.completions import Reply
from signals_app.judging.model_server.context_limits import Limit
from signals_app.judging.model_server.errors import DEFAULT_REST_S, Mending, Reading, Trouble
from signals_app.judging.model_server.learned import Learned
from signals_app.judging.model_server.replies import Read
from signals_app.judging.prompt import Evidence
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


#: How often one question is asked with less and less of its transcript.
MAX_BUDGETS = 5
#: How often one request is changed to what the server takes.
MAX_STEPS = 8
#: After so many answers 500 in a row a plainer form is tried.
BROKEN_TO_STEP = 2
#: An answer that was cut off is asked for again with so many times the room.
MORE_OUTPUT, MOST_OUTPUT = 4, 32_768


class _Refused(Exception):
    """The model or its content filter declined; the message is the reason in words."""


class _TooLong(Exception):
    """The request does not fit into the model's context. usage: what finding out has cost."""

    def __init__(self, words: str, limit: Limit, usage: Usage, *, is_silent: bool = False) -> None:
        super().__init__(words)
        self.limit, self.usage, self.is_silent = limit, usage, is_silent


class _Bad(Exception):
    """The request can never work; the message is the server's."""


class _Broken(Retryable):
    """The server broke (500)."""


class _Unfit(Exception):
    """The server does not take the request as it is; another form of it may do."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(reading.words)
        self.reading = reading


class EndpointJudge:
    """One client of one endpoint for one event loop. learned: what is known of each model, and
    grows."""

    def __init__(self, endpoint: Endpoint, learned: dict[str, Learned] | None = None) -> None:
        self.endpoint = endpoint
        self._mending = errors.OF_PROJECT if endpoint.is_projects_own else errors.OF_ENVIRONMENT
        self._extra = {} if endpoint.is_projects_own else settings.JUDGE_EXTRA_BODY
        self.learned = dict(learned or {})
        self._suspected: dict[str, int] = {}  # tokens, by model, that showed a cut once
        self._broken: Counter[str] = Counter()  # answers 500 in a row, by model
        timeout = httpx2.Timeout(endpoint.timeout_s, connect=CONNECT_TIMEOUT_S)
        lanes = endpoint.concurrency + 4
        limits = httpx2.Limits(max_connections=lanes, max_keepalive_connections=lanes)
        self._client = AsyncOpenAI(
            base_url=endpoint.base_url or DEFAULT_BASE_URL,
            api_key=endpoint.api_key or NO_KEY,
            max_retries=0,
            timeout=timeout,
            http_client=httpx2.AsyncClient(
                timeout=timeout,
                follow_redirects=False,
                trust_env=False,
                limits=limits,
                transport=GuardedTransport(limits) if endpoint.is_projects_own else None,
            ),
        )

    async def close(self) -> None:
        await self._client.close()

    async def ask(self, ask: Ask) -> Ruling:
        """Raises Retryable, Resting or SignalBlocked; every other end is a Ruling."""
        if trouble := ask.trouble or self.endpoint.trouble:
            raise SignalBlocked(f"{trouble.rstrip('.')}. Then resume the signal.")
        began = time.monotonic()
        try:
            ruling = await self._within_context(ask)
        except _Bad as error:
            ruling = failed(str(error), ask.model).but(is_bad_request=True)
        except _Refused as error:
            ruling = Ruling(Outcome.REFUSED, model=ask.model, reason=str(error))
        return ruling.but(latency_ms=round((time.monotonic() - began) * 1000))

    async def _within_context(self, ask: Ask) -> Ruling:
        """Ask with less of the transcript as long as the server says, or shows, that it is too
        long."""
        most = self._most_chars(ask)
        usage, told = Usage(), None
        for tries_left in reversed(range(MAX_BUDGETS)):
            shown = ask.target.evidence(most)
            request = prompt.messages(shown, ask.question, ask.target.scope)
            try:
                ruling = await self._readable(ask, request, may_notice_cut=tries_left > 0)
            except _TooLong as error:
                told, usage = error, usage.plus(error.usage)
                most = self._less(ask, shown, request, error)
                if most < context_budget.LEAST_CHARS:
                    break
                continue
            if told:
                self._learn_room(ask, shown, most, told)
            usage = usage.plus(ruling.usage)
            return ruling.but(
                cut_chars=shown.cut_chars, usage=usage, cost_usd=self._cost_usd(usage)
            )
        return failed(
            f"{str(told).rstrip('.')}. {len(shown.text):,} characters of it were too many as well: "
            "lower JUDGE_MAX_INPUT_CHARS or choose a model with a larger context.",
            ask.model,
        ).but(usage=usage, cost_usd=self._cost_usd(usage))

    def _most_chars(self, ask: Ask) -> int:
        """Characters of the transcript, by the setting and by what is known of the server."""
        most = int(settings.JUDGE_MAX_INPUT_CHARS)
        room = self._known(ask.model).room
        if room is None:
            return most
        text = ask.target.evidence(most).text
        return min(most, max(context_budget.LEAST_CHARS, _chars_in(text, room)))

    def _less(
        self, ask: Ask, shown: Evidence, request: list[prompt.Message], told: _TooLong
    ) -> int:
        """Characters of the transcript to send next. A count is no server's word: where it would
        leave nothing, half is sent."""
        text = "\n".join(message["content"] for message in request)
        reserve = requests.most_output(self._known(ask.model))
        less = context_budget.shrunk(len(shown.text), text, told.limit, reserve)
        is_nothing = told.is_silent and less < context_budget.LEAST_CHARS
        return len(shown.text) // 2 if is_nothing else less

    def _learn_room(self, ask: Ask, shown: Evidence, chars: int, told: _TooLong) -> None:
        """Learn how much was read after more had been too long. A count that shows a cut is
        believed when it is a size of a context, or comes twice: some servers do not count what they
        have in their cache."""
        model = ask.model
        tokens = told.limit.tokens
        if told.is_silent and tokens and not context_budget.is_round(tokens):
            before = self._suspected.get(model, 0)
            self._suspected[model] = tokens
            if abs(before - tokens) > tokens / 50:
                return
        known = self._known(model)
        around = prompt.SYSTEM + ask.question.prompt + " " * 1000
        reserve = requests.most_output(known)
        room = context_budget.room(shown.text, chars, around, told.limit, reserve)
        if room is not None and (known.room is None or room < known.room):
            self.learned[model] = known.but(
                room=room, context=tokens or known.context, cuts=told.is_silent
            )

    async def _readable(
        self, ask: Ask, request: list[prompt.Message], *, may_notice_cut: bool
    ) -> Ruling:
        """Send an answer that is no verdict, or gives no reason, back once."""
        first = await self._reply(ask, request)
        if may_notice_cut:
            _notice_cut(request, first.usage)
        read = replies.read(first, ask.labels)
        if read.refusal or (read.verdict and read.verdict.explanation):
            return replies.ruled(read, first.usage, ask.model, self.endpoint.prices)
        second = await self._second(ask, request, first, read)
        usage = first.usage.plus(second.usage)
        read = replies.read(second, ask.labels, read.verdict)
        return replies.ruled(read, usage, ask.model, self.endpoint.prices)

    async def _second(
        self, ask: Ask, request: list[prompt.Message], first: Reply, read: Read
    ) -> Reply:
        """Ask once more; for an answer that was cut off with more room, not with its own half."""
        if first.finish != "length" or not self._known(ask.model).bound:
            return await self._reply(
                ask, request + prompt.correction(first.text, read.why, ask.labels)
            )
        second = await self._reply(ask, request, MORE_OUTPUT)
        if second.finish != "length":
            known = self._known(ask.model)
            most = min(MORE_OUTPUT * requests.most_output(known), MOST_OUTPUT)
            self.learned[ask.model] = known.but(max_output=most)
        return second

    async def _reply(
        self, ask: Ask, request: list[prompt.Message], output_factor: int = 1
    ) -> Reply:
        """Get one answer, stepping down to a plainer request where the server asks for it."""
        for _ in range(MAX_STEPS):
            known = self._tried(ask.model)
            most = min(output_factor * requests.most_output(known), MOST_OUTPUT)
            try:
                reply = await self._send(ask, requests.body(ask, request, known, most, self._extra))
            except _Broken:
                self._broken[ask.model] += 1
                raise
            except _Unfit as error:
                stepped = known.after(error.reading, most)
                if stepped is None:
                    raise _final(error.reading) from None
                if self._tried(ask.model) == known:  # another call may have stepped
                    self.learned[ask.model] = stepped
                output_factor = 1 if stepped.max_output != known.max_output else output_factor
                continue
            if self._broken.pop(ask.model, 0) and known.form != self._known(ask.model).form:
                self.learned[ask.model] = self._known(ask.model).but(form=known.form)
            return reply
        raise Retryable("The judge took the request in none of its forms this time.")

    def _cost_usd(self, usage: Usage) -> float | None:
        return replies.cost_usd(usage, self.endpoint.prices)

    def _known(self, model: str) -> Learned:
        return self.learned.get(model, Learned())

    def _tried(self, model: str) -> Learned:
        """Return what is known, with a plainer form where the server breaks at every request and
        does not say why: some break at a form that they do not know."""
        known = self._known(model)
        for _ in range(self._broken[model] // BROKEN_TO_STEP):
            known = known.but(form=known.plainer_form or known.form)
        return known

    async def _send(self, ask: Ask, body: dict[str, Any]) -> Reply:
        """Send a request, and return the answer as plain JSON. The client's typed methods walk
        through every field of what they send and receive, which is two thirds of the time that a
        question costs us."""
        try:
            async with asyncio.timeout(self.endpoint.timeout_s + CONNECT_TIMEOUT_S):
                response = await self._client.post(
                    "/chat/completions", cast_to=httpx2.Response, body=body
                )
            return completions.read(completions.parsed(response.content))
        except completions.NoCompletion as error:
            if error.told is None:
                words = "The judge answered with something that is not a chat completion."
                raise Retryable(words) from None
            raise _meaning(error.told, error.told.headers, ask.model, self._mending) from None
        except Refused as error:
            raise SignalBlocked(f"{error} Then resume the signal.") from None
        except (APITimeoutError, TimeoutError):
            words = f"The judge did not answer within {self.endpoint.timeout_s:g} s."
            raise Retryable(words, is_timeout=True) from None
        except APIConnectionError as error:
            cause = error.__cause__ or error
            words = f"The judge could not be reached ({type(cause).__name__})."
            raise Retryable(words, is_unreachable=_is_unreachable(cause)) from None
        except APIStatusError as error:
            headers = {name.lower(): value for name, value in error.response.headers.items()}
            raise _meaning(_told(error), headers, ask.model, self._mending) from None
        except (OpenAIError, ValueError, httpx2.HTTPError) as error:
            # A body that breaks off, or that is not what its header says.
            words = f"The judge's answer could not be read ({type(error).__name__})."
            raise Retryable(words) from None


def _is_unreachable(cause: BaseException) -> bool:
    """Say whether the server was not reached; a connection that breaks off in the middle may be
    what one request does to it."""
    return isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout)


def _chars_in(text: str, tokens: int) -> int:
    """Estimate how many characters of such a text so many tokens are."""
    return int(tokens * len(text) / max(1.0, context_budget.weight(text)))


def _notice_cut(request: list[prompt.Message], usage: Usage) -> None:
    """Raises _TooLong when the server's own count shows that it did not read everything."""
    text = "\n".join(message["content"] for message in request)
    counted = usage.input_tokens or 0
    with_cached = counted + (usage.cached_tokens or 0)  # some servers count these apart
    if context_budget.was_cut(counted, text) and context_budget.was_cut(with_cached, text):
        words = (
            f"The judge's server read only {counted:,} tokens of a longer transcript and said "
            "nothing: give it a larger context (Ollama: OLLAMA_CONTEXT_LENGTH)"
        )
        raise _TooLong(words, Limit(counted), usage, is_silent=True)


def _told(error: APIStatusError) -> error_bodies.Told:
    """Return the server's own words, without the client's frame around them."""
    status = error.status_code
    try:
        body = completions.parsed(error.response.content)
    except ValueError:
        body = error.response.content[: error_bodies.MAX_CHARS].decode("utf-8", "replace")
    return error_bodies.told(body, status) or error_bodies.Told(status, "", "")


def _meaning(
    told: error_bodies.Told, headers: Mapping[str, str], model: str, mending: Mending
) -> Exception:
    """Return the exception that stands for what a status and an error body mean."""
    now = timezone.now()
    exception = errors.read(
        told.status, told.code, told.message, headers, model, now, mending=mending
    )
    if exception.trouble is Trouble.REST:
        return Resting(
            exception.words, DEFAULT_REST_S if exception.after_s is None else exception.after_s
        )
    if exception.trouble is Trouble.LATER:
        kind = _Broken if told.status == 500 else Retryable
        return kind(exception.words, exception.after_s)
    if exception.trouble in {Trouble.FORM, Trouble.TEMPERATURE, Trouble.BOUND, Trouble.TOO_LONG}:
        return _Unfit(exception)
    kinds: dict[Trouble, type[Exception]] = {
        Trouble.BLOCKED: SignalBlocked,
        Trouble.FILTERED: _Refused,
    }
    return kinds.get(exception.trouble, _Bad)(exception.words)


def _final(reading: Reading) -> Exception:
    """Return what an error means when nothing is left to change about a request."""
    if reading.trouble is Trouble.TOO_LONG:
        return _TooLong(reading.words, reading.limit, Usage())
    return _Bad(reading.words)
