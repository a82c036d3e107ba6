"""Asking the system's resolver what a name means, without waiting for it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from threading import Thread


def ask(host: str, port: int, tell: Callable[[list[str]], object]) -> None:
    """Have `tell` called with the addresses of a host, each once; with none where it is not known.

    The resolver knows no limit of ours, so it is asked in a thread of its own, which is left alone
    when it takes longer than somebody waits: a name server that says nothing holds up nobody else.
    """

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            entries = []
        tell(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))

    Thread(target=look_up, name="resolver", daemon=True).start()
