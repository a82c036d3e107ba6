"""The web process: the receiver of traces, MCP, health, and Django for everything else."""

from __future__ import annotations

import os
import warnings
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connections

from config import database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# The processes that django-q2 forks read the same settings and could not use a pool.
settings.DATABASES = {
    "default": database.pooled(settings.DATABASES["default"], settings.WEB_CONNECTIONS)
}
django = get_asgi_application()

# Static files are small, and WhiteNoise has no asynchronous iterator to offer.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

# Models can be imported only now that Django is set up.
from api.mcp.door import McpDoor  # noqa: E402
from config.page_bodies import BoundedBodies  # noqa: E402
from config.streamed_bodies import StreamedBodies, streams  # noqa: E402
from core.http import request_ids  # noqa: E402
from runner.health import doors  # noqa: E402
from runner.worker_watch import WorkerWatch  # noqa: E402
from traces.receiving.endpoints import takes  # noqa: E402
from traces.receiving.receiver import Receiver  # noqa: E402

#: A form, or a document for a page: its body must have arrived by then.
PAGE_BODY_S = 30.0

receiver = Receiver()
worker_watch = WorkerWatch()
pages = BoundedBodies(django, PAGE_BODY_S)
streaming = StreamedBodies()
mcp_door = McpDoor()
mcp_calls = BoundedBodies(mcp_door, PAGE_BODY_S)


async def _routed(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Give each request to whoever takes its address, and all others to Django."""
    if scope["type"] == "lifespan":
        async with mcp_door.running():
            await _lifespan(receive, send)
    elif scope["type"] == "http" and doors.takes(scope["path"]):
        await doors.answer(scope, receive, send)
    elif scope["type"] == "http" and takes(scope["path"]):
        await receiver(scope, receive, send)
    elif scope["type"] == "http" and streams(scope["path"]):
        await streaming(scope, receive, send)
    elif scope["type"] == "http" and mcp_door.takes(scope["path"]):
        await mcp_calls(scope, receive, send)
    elif scope["type"] == "http":
        await pages(scope, receive, send)
    else:
        await django(scope, receive, send)


application = request_ids.identified(_routed)


async def _lifespan(receive: Any, send: Any) -> None:
    """Start and stop what lives as long as the server; connections open when first needed."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            worker_watch.start()
        if message["type"] == "lifespan.shutdown":
            worker_watch.stop()
            receiver.close()
            connections["default"].close_pool()  # type: ignore[attr-defined]
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
