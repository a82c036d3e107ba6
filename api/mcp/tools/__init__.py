# isort: skip_file
"""The tools, by what they are about; importing this registers all of them, in this order."""

from api.mcp.tools import (  # noqa: F401
    project,
    signals,
    signal_changes,
    trials,
    runs,
    labels,
    traffic,
    alerts,
    export,
)
