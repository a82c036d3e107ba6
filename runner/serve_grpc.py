"""The process that takes OTLP over gRPC; `up` starts it when OTLP_GRPC_PORT is set."""

from __future__ import annotations

import asyncio
import os
import signal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# Models can be imported only now that Django is set up.
from django.conf import settings  # noqa: E402

from runner.web_server import address_of  # noqa: E402
from traces.receiving.grpc_service import listen  # noqa: E402
from traces.receiving.intake import Intake  # noqa: E402

#: Calls that are being answered have this long when the process is asked to stop.
STOP_S = 3.0


async def serve() -> None:
    """Answer gRPC until SIGTERM or SIGINT."""
    intake = Intake()
    server = await listen(address_of(settings.HOST, settings.OTLP_GRPC_PORT), intake)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await stopped.wait()
    await server.stop(STOP_S)
    intake.close()


if __name__ == "__main__":
    asyncio.run(serve())
