"""All procedures that are served, by the name that the client calls them by."""

from __future__ import annotations

from collections.abc import Mapping

from api.inf.errors import refused
from api.inf.router import NOT_SERVED, Procedure
from api.inf.routers import (
    agents,
    alerts,
    definitions,
    exports,
    imports,
    labels,
    people,
    runs,
    spans,
    trace_details,
    traces,
    verification,
)

_ROUTERS = (
    *(people.router, agents.router, definitions.router, labels.router, runs.router),
    *(verification.router, alerts.router, traces.router, trace_details.router, spans.router),
    *(exports.router, imports.router),
)
PROCEDURES: Mapping[str, Procedure] = {
    name: procedure for router in _ROUTERS for name, procedure in router.procedures.items()
}


def named(name: str) -> Procedure:
    """Return a procedure by its name. Raises Refused for one that is not served."""
    if name not in PROCEDURES:
        raise refused(NOT_SERVED.format(name=name[:100]), 404)
    return PROCEDURES[name]
