"""Calls of tools in tests: in this process, and by the SDK's own client over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
import httpx2
from django.utils import timezone
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

import api.mcp.tools  # noqa: F401 - registers them
from api.mcp import answers, registry
from api.mcp.answers import Pending
from api.rest.callers import Caller, by_secret
from teams import keys
from teams.models import Project

Result = TypeVar("Result")
ERAS = ("legacy", "2026-07-28")


def secret_of(project: Project, rights: str = "write") -> str:
    return keys.issue(project, f"for {rights}", None, now=timezone.now(), rights=rights)[1]


def caller_of(project: Project, rights: str = "write") -> Caller:
    return by_secret(secret_of(project, rights), "", writes=False)


def say(caller: Caller, tool: str, **arguments: Any) -> str:
    """Call a tool as the server does, and return its answer. Raises Trouble."""
    made = registry.perform(caller, tool, arguments)
    text = made.show() if isinstance(made, Pending) else made
    return answers.cut(text, "ask for less")


@asynccontextmanager
async def connected(url: str, secret: str, era: str = "auto") -> AsyncIterator[Client]:
    """A client of the SDK, with the key in its headers."""
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx2.AsyncClient(headers=headers, timeout=60) as http:
        transport = streamable_http_client(f"{url}/mcp", http_client=http)
        async with Client(transport, mode=era) as client:
            yield client


def run(act: Callable[[], Awaitable[Result]]) -> Result:
    """Run it in an event loop of its own."""
    return anyio.run(act)


def text_of(result: Any) -> str:
    """The one text that an answer of a tool has."""
    (content,) = result.content
    return str(content.text)
