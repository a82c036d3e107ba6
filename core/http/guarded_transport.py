"""Many requests, and connections that stay open, to an address that a person typed.

As core/http/outbound.py: no redirect is followed, no proxy is read from the environment, a name is
resolved once for a connection, what it resolves to is checked, and the connection goes to the very
address that was checked. An answer has a bounded size, and is not unpacked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Final

import httpcore2
import httpx2

from core.http import addresses, resolver

#: More than any chat completion; who sends more is cut off.
MOST_BYTES: Final = 8 * 1024 * 1024
RESOLVE_S: Final = 5.0


class NotFound(httpx2.ConnectError):
    """The name of a host is not known, or its name server does not answer."""


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """What an httpx2 client sends by. Raises Refused for what may not be called."""

    def __init__(self, limits: httpx2.Limits) -> None:
        super().__init__(trust_env=False, limits=limits)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpcore2.default_ssl_context(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Checked(),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        addresses.read(str(request.url))
        request.headers["Accept-Encoding"] = "identity"
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream), "so says AsyncHTTPTransport"
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise httpx2.RemoteProtocolError("The answer is packed, which nobody asked for.")
        response.stream = _Bounded(response.stream)
        return response


class _Bounded(httpx2.AsyncByteStream):
    """A body that ends with an error when it is too long."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        total = 0
        async for part in self._stream:
            total += len(part)
            if total > MOST_BYTES:
                raise httpx2.ReadError(f"The answer is longer than {MOST_BYTES:,} bytes.")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Checked(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that were checked."""

    def __init__(self) -> None:
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore2 calls it
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failure: Exception = httpcore2.ConnectError("no address")
        for address in addresses.permitted(host, await _resolve(host, port)):
            try:
                return await self._plain.connect_tcp(address, port, timeout)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, or raise NotFound.

    Not in a thread of the event loop's: it keeps few for this, and one name server that says
    nothing would hold up the questions to all other judges.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def say(known: list[str]) -> None:
        if not answer.done():
            answer.set_result(known)

    def tell(known: list[str]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(say, known)

    resolver.ask(host, port, tell)
    try:
        known = await asyncio.wait_for(answer, RESOLVE_S)
    except TimeoutError:
        known = []
    if not known:
        raise NotFound(f"The name {host} is not known.")
    return known
