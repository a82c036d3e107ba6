"""What every request to `/mcp` passes: host, origin, key, rate, size; then the MCP server.

It is stateless: each POST stands alone, so that several processes and restarts do not matter. It
answers JSON, and a stream of events only where the caller asks for reports of progress.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import anyio
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from mcp.server.auth.routes import create_protected_resource_routes
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import AnyHttpUrl, ConfigDict, TypeAdapter
from starlette.applications import Starlette

from api.mcp.server import CALLER, McpServer
from api.oauth import tokens
from api.rest import callers, problems, rate_limits
from api.rest.callers import Caller
from api.rest.problems import Refused
from api.rest.rate_limits import Allowance
from core.acting import Acting, Door, acting_as
from teams import keys
from teams.keys import NoEntry

Scope = dict[str, Any]

PATH = re.compile(r"/mcp(?:/p/(?P<project>[-\w]{1,120}))?/?", re.ASCII)
#: Before the path of a resource: what is known about it.
METADATA = "/.well-known/oauth-protected-resource"
#: Without the slash that would make it another issuer.
_ISSUER = TypeAdapter(AnyHttpUrl, config=ConfigDict(url_preserve_empty_path=True))
#: Of one call: prompts of signals are its largest part.
MOST_BYTES = 1_000_000
WRONG_HOST = "This server is not called so: its operator must add the name to ALLOWED_HOSTS."
WRONG_ORIGIN = "Pages of other servers may not call this one (CSRF_TRUSTED_ORIGINS)."
ONLY_POST = "MCP is spoken here by POST: add this address to an MCP client (docs/mcp.md)."
TOO_LARGE = f"A call has at most {MOST_BYTES:,} bytes."
#: Reports of progress need a stream of events; everything else is answered in JSON.
WANTS_PROGRESS = b'"progressToken"'


class McpDoor:
    """An ASGI application. One a process, within `running`."""

    def __init__(self) -> None:
        self.server = McpServer()
        self._json, self._events = (self._manager(is_json) for is_json in (True, False))

    def takes(self, path: str) -> bool:
        return PATH.fullmatch(path.removeprefix(METADATA)) is not None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve until the end, which must come in the task of the beginning."""
        async with self._json.run(), self._events.run():
            yield

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        if scope["path"].startswith(METADATA):
            about = _metadata(scope["path"].removeprefix(METADATA).rstrip("/"))
            await about(scope | {"path": scope["path"].rstrip("/")}, receive, send)
            return
        try:
            _check_host(headers)
            _check_origin(headers)
            if scope["method"] != "POST":
                raise Refused(405, "method_not_allowed", ONLY_POST, headers={"Allow": "POST"})
            caller = await self.server.in_thread(_caller, headers, scope)
            body = await _whole(receive, headers)
        except anyio.EndOfStream:
            return
        except NoEntry as error:
            await _refuse(_pointing(error, headers, scope), scope, send)
            return
        except Exception as error:
            await _refuse(problems.of(error), scope, send)
            return
        token = CALLER.set(caller)
        address = (scope.get("client") or ("",))[0]
        try:
            with acting_as(Acting(Door.MCP, address=address, **caller.acting)):
                manager = self._events if WANTS_PROGRESS in body else self._json
                await manager.handle_request(scope, _again(body, receive), send)
        finally:
            CALLER.reset(token)

    def _manager(self, is_json: bool) -> StreamableHTTPSessionManager:
        # Hosts and origins are checked here, by what Django is told of them.
        unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        return StreamableHTTPSessionManager(
            self.server.lowlevel,
            json_response=is_json,
            stateless=True,
            security_settings=unchecked,
            max_request_body_size=MOST_BYTES,
        )


@lru_cache(maxsize=100)
def _metadata(path: str) -> Starlette:
    """Return what says of `/mcp`, or of one project's, where tokens for it come from (RFC 9728)."""
    routes = create_protected_resource_routes(
        resource_url=AnyHttpUrl(settings.BASE_URL + path),
        authorization_servers=[_ISSUER.validate_python(settings.BASE_URL)],
        scopes_supported=list(tokens.SCOPES),
        resource_name="Signals",
    )
    return Starlette(routes=routes)


def _pointing(error: NoEntry, headers: Mapping[bytes, bytes], scope: Scope) -> Refused:
    """Return the refusal with the pointer by which clients of OAuth find their way in."""
    where = f"{settings.BASE_URL}{METADATA}{scope['path'].rstrip('/')}"
    said = f'Bearer resource_metadata="{where}", scope="{" ".join(tokens.SCOPES)}"'
    if keys.secret_in(headers):
        said += ', error="invalid_token"'
    return Refused(401, "unauthenticated", str(error), headers={"WWW-Authenticate": said})


def _check_host(headers: Mapping[bytes, bytes]) -> None:
    domain, _port = split_domain_port(headers.get(b"host", b"").decode("latin-1").lower())
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        raise Refused(421, "wrong_host", WRONG_HOST)


def _check_origin(headers: Mapping[bytes, bytes]) -> None:
    """Let in programs, which send no origin, and pages of this server and of those it trusts."""
    origin = headers.get(b"origin")
    if origin is None:
        return
    said = origin.decode("latin-1").lower()
    own = urlsplit(settings.BASE_URL)
    if said == f"{own.scheme}://{own.netloc}".lower() or _is_trusted(said):
        return
    raise Refused(403, "forbidden", WRONG_ORIGIN)


def _is_trusted(origin: str) -> bool:
    """Say so as Django's CSRF middleware does: `https://*.example.org` trusts all below it."""
    scheme, _, host = origin.partition("://")
    for trusted in settings.CSRF_TRUSTED_ORIGINS:
        other_scheme, _, other = trusted.lower().partition("://")
        if scheme != other_scheme:
            continue
        if host == other or (other.startswith("*.") and host.endswith(other[1:])):
            return True
    return False


def _caller(headers: Mapping[bytes, bytes], scope: Scope) -> Caller:
    """Return who asks, and count the call. Raises what `problems.of` knows."""
    match = PATH.fullmatch(scope["path"])
    slug = (match["project"] if match else None) or ""
    caller = callers.by_secret(keys.secret_in(headers), slug, writes=False)
    rate_limits.check(_count(caller))
    return caller


def _count(caller: Caller) -> Allowance:
    return rate_limits.count(caller.name, timezone.now())


async def _whole(receive: Any, headers: Mapping[bytes, bytes]) -> bytes:
    """Return the body. Raises Refused for a large one, EndOfStream where the sender hung up."""
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > MOST_BYTES:
        raise Refused(413, "too_large", TOO_LARGE)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise anyio.EndOfStream
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise Refused(413, "too_large", TOO_LARGE)
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Any) -> Any:
    """Return a `receive` that gives the whole body first."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Any:
        return messages.pop() if messages else await receive()

    return replay


async def _refuse(refused: Refused, scope: Scope, send: Any) -> None:
    """Answer an error of HTTP, in the form that MCP's clients read."""
    error = {"code": -32000, "message": refused.message}
    body = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    headers += [(name.lower().encode(), value.encode()) for name, value in refused.headers.items()]
    start = {"type": "http.response.start", "status": refused.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body})
