"""The only place that opens a connection to an address that a person typed.

No redirect is followed and no proxy is read from the environment; a name is resolved once, what
it resolves to is checked, and the connection goes to the very address that was checked.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any

import httpcore2

from core.http import addresses, resolver
from core.http.addresses import Refused

TIMEOUT_S = 10.0
#: Nobody reads more of an answer than its status and the first words.
MOST_BYTES = 64 * 1024

#: How long a form waits for the name of a host: one that is not known by then may be tomorrow.
LOOK_S = 3.0

__all__ = ["Answer", "Refused", "Unreachable", "post", "refusal"]


class Unreachable(Exception):
    """No answer this time; the message says what happened."""


@dataclass(frozen=True, slots=True)
class Answer:
    """body: what came of it, up to MOST_BYTES."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], timeout_s: float = TIMEOUT_S) -> Answer:
    """Send the body to an address that a person typed, and return the answer.

    Raise Refused, or Unreachable when there is no answer within `timeout_s` altogether.
    """
    target = addresses.read(url)
    own = {"Host": target.authority, "Content-Length": str(len(body)), "Connection": "close"}
    request = httpcore2.Request(
        "POST",
        httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path),
        headers=list({**own, "Accept-Encoding": "identity", **headers}.items()),
        content=body,
    )
    backend = _Checked(timeout_s)
    try:
        with httpcore2.ConnectionPool(ssl_context=_tls(), network_backend=backend) as pool:
            return _read(pool.handle_request(request), backend)
    except (httpcore2.TimeoutException, _TooLate):
        raise Unreachable(f"No answer within {timeout_s:g} s.") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
        raise Unreachable(_sentence(error)) from error


def refusal(url: str, within_s: float = LOOK_S) -> str:
    """Say why `post` would refuse the address as things are now; "" where it would not.

    A name that is not known is no refusal: it may be made later.
    """
    try:
        target = addresses.read(url)
        addresses.permitted(target.host, _resolve(target.host, target.port, within_s))
    except Refused as error:
        return str(error)
    except (Unreachable, _TooLate):
        pass
    return ""


class _TooLate(Exception):
    pass


_NO_ANSWER = (
    _TooLate,
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
)


def _read(response: httpcore2.Response, backend: _Checked) -> Answer:
    """Read the answer. With its status the server has decided: a body that hangs is cut off."""
    body = bytearray()
    try:
        for chunk in response.iter_stream():
            body += chunk
            if len(body) >= MOST_BYTES:
                break
            backend.left_s()
    except _NO_ANSWER:
        pass
    finally:
        response.close()
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
    }
    return Answer(response.status, headers, bytes(body[:MOST_BYTES]))


class _Checked(httpcore2.NetworkBackend):
    """Connects to addresses that were checked. The whole exchange has one deadline: whoever
    sends a byte now and then keeps nobody waiting for ever."""

    def __init__(self, timeout_s: float) -> None:
        self._ends_at = time.monotonic() + timeout_s
        self._plain = httpcore2.SyncBackend()

    def left_s(self) -> float:
        """Return the seconds that are left, or raise _TooLate."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise _TooLate
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError("no address")
        for address in addresses.permitted(host, _resolve(host, port, self.left_s())):
            try:
                return _Timed(self._plain.connect_tcp(address, port, self.left_s()), self)
            except httpcore2.ConnectError as error:
                failure = error
        raise failure


class _Timed(httpcore2.NetworkStream):
    """A stream of which no operation outlasts the deadline of the whole."""

    def __init__(self, stream: httpcore2.NetworkStream, backend: _Checked) -> None:
        self._stream, self._backend = stream, backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._backend.left_s())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._backend.left_s())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left_s = self._backend.left_s()
        inner = self._stream.start_tls(ssl_context, server_hostname, left_s)
        return _Timed(inner, self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _resolve(host: str, port: int, within_s: float) -> list[str]:
    """Return the addresses of a host, or raise Unreachable or _TooLate."""
    answer: SimpleQueue[list[str]] = SimpleQueue()
    resolver.ask(host, port, answer.put)
    try:
        known = answer.get(timeout=within_s)
    except Empty:
        raise _TooLate from None
    if not known:
        raise Unreachable(f"The name {host} is not known.")
    return known


def _sentence(error: Exception) -> str:
    """Return a sentence for the person who typed the address."""
    cause = error.__cause__ or error.__context__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"Its certificate is not valid ({cause.verify_message or cause.reason})."
    if isinstance(cause, ConnectionRefusedError):
        return "It refuses connections."
    if isinstance(error, httpcore2.RemoteProtocolError | httpcore2.ReadError):
        return "It closed the connection in the middle of its answer."
    return f"It cannot be reached ({type(cause).__name__})."


@cache
def _tls() -> ssl.SSLContext:
    """Return a context that trusts what the machine trusts; made once, because it takes 20 ms."""
    return httpcore2.default_ssl_context()
