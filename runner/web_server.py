"""How the web server is started, and whether it answers."""

from __future__ import annotations

import http.client
import importlib.util
import socket
import sys


def web_command(host: str, port: int, workers: int) -> list[str]:
    """Return granian's command line; docs/architecture.md has the measurements behind it."""
    return [
        *(sys.executable, "-m", "runner.serve_web", "config.asgi:application"),
        *("--interface", "asgi", "--http", "1", "--no-ws", "--loop", "asyncio"),
        *("--host", host, "--port", str(port), "--workers", str(workers)),
        # Backpressure counts open connections, idle ones too: the next one is never answered.
        # Unread bytes that a connection may hold: strangers may open thousands. Six times as many
        # save about 1 ms of a body of 400 kB, whose spans cost far more to store.
        *("--http1-buffer-size", "65536"),
        *("--backlog", "2048", "--backpressure", "8192"),
        *("--respawn-failed-workers", "--respawn-interval", "0.5"),
        *("--workers-kill-timeout", "5", "--log-level", "warning"),
    ]


def grpc_command() -> list[str]:
    """Return the command line of the process that takes OTLP over gRPC."""
    return [sys.executable, "-m", "runner.serve_grpc"]


def has_grpc() -> bool:
    """Say whether the optional `grpcio` is installed."""
    return importlib.util.find_spec("grpc") is not None


def address_of(host: str, port: int) -> str:
    """Return host and port as one word, an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_free(host: str, port: int) -> bool:
    """Say whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections of a server that just stopped do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int, path: str = "/healthz") -> bool:
    """Say whether a request gets any answer that is not an error of the server."""
    reach = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = http.client.HTTPConnection(reach, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
