"""What can go wrong, and the exit code that a script sees; docs/cli.md lists the codes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    OK = 0
    FAILED = 1  # the server could not, or something broke on this machine
    USAGE = 2  # what was given is wrong: a flag, a value, a file
    NO_ENTRY = 3  # no key, a key that opens nothing, or one that may not do this
    NOT_FOUND = 4
    CONFLICT = 5  # the state of the thing does not allow it, or somebody was faster
    NOT_DONE = 6  # waited for in vain, or what was waited for ended without success
    UNREACHABLE = 7  # no server, or one that is not ours


class Failed(Exception):
    """Ends the command with a sentence and an exit code."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.message, self.code = message, code


class WrongValue(Failed):
    """A value that the command line itself refuses."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.USAGE)


class Unreachable(Failed):
    """Nobody answered; asking again later may help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.UNREACHABLE)


class Refusal(Failed):
    """An answer of the server other than success. fields: what is wrong, as pairs of the field's
    name in REST and a sentence."""

    def __init__(
        self,
        status: int,
        message: str,
        fields: Sequence[tuple[str, str]] = (),
        request_id: str = "",
    ) -> None:
        super().__init__(message, code_of(status))
        self.status, self.fields, self.request_id = status, fields, request_id


def code_of(status: int) -> ExitCode:
    """Return the exit code for a status of HTTP."""
    known = {
        400: ExitCode.USAGE,
        401: ExitCode.NO_ENTRY,
        403: ExitCode.NO_ENTRY,
        404: ExitCode.NOT_FOUND,
        409: ExitCode.CONFLICT,
        422: ExitCode.USAGE,
    }
    return known.get(status, ExitCode.FAILED)
