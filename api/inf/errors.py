"""The errors that a procedure raises, by their names and numbers on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.rest.problems import Refused

#: By HTTP status: the name of the error and its number in JSON-RPC, which the client needs.
ERRORS: Final[Mapping[int, tuple[str, int]]] = {
    400: ("BAD_REQUEST", -32600),
    401: ("UNAUTHORIZED", -32001),
    403: ("FORBIDDEN", -32003),
    404: ("NOT_FOUND", -32004),
    405: ("METHOD_NOT_SUPPORTED", -32005),
    408: ("TIMEOUT", -32008),
    409: ("CONFLICT", -32009),
    413: ("PAYLOAD_TOO_LARGE", -32013),
    422: ("UNPROCESSABLE_CONTENT", -32022),
    429: ("TOO_MANY_REQUESTS", -32029),
    500: ("INTERNAL_SERVER_ERROR", -32603),
}


def refused(message: str, status: int = 400, field: str | None = None) -> Refused:
    """Return the error that a procedure raises; its message is printed as it stands."""
    return Refused(status, ERRORS[status][0].lower(), message, field)
