"""The servers that messages go to, as for every delivery."""

from tests.alerts.delivery.conftest import now, servers

__all__ = ["now", "servers"]
