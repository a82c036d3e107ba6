"""The one error of the way in: a request that cannot be taken, and why."""

from __future__ import annotations


class Refused(Exception):
    """A whole request is refused for good; sending it again unchanged will not help.

    status: 400, 413 or 415. message: a sentence for the sender, saying what to do.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
