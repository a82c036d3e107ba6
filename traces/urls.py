from uuid import UUID

from django.urls import path, register_converter

from core.ids import trace_id_from_hex
from traces.pages.agent import change_views as agent_change_views
from traces.pages.agent import views as agent_views
from traces.pages.agents.views import agents
from traces.pages.session.views import session
from traces.pages.sessions.views import sessions
from traces.pages.trace.views import trace
from traces.pages.traces.views import traces


class Hex32:
    """A trace id or a session key: 32 hex digits without dashes, as OpenTelemetry shows them."""

    regex = "[0-9a-f]{32}"

    def to_python(self, value: str) -> UUID:
        return trace_id_from_hex(value)

    def to_url(self, value: UUID | str) -> str:
        return value.hex if isinstance(value, UUID) else value


register_converter(Hex32, "hex32")

urlpatterns = [
    path("p/<slug:slug>/traces/", traces, name="traces"),
    path("p/<slug:slug>/traces/<hex32:trace_id>/", trace, name="trace"),
    path("p/<slug:slug>/sessions/", sessions, name="sessions"),
    path("p/<slug:slug>/sessions/<hex32:key>/", session, name="session"),
    path("p/<slug:slug>/agents/", agents, name="agents"),
    path("p/<slug:slug>/agents/<uuid:uuid>/", agent_views.agent, name="agent"),
    path(
        "p/<slug:slug>/agents/<uuid:uuid>/rename/",
        agent_change_views.agent_rename,
        name="agent_rename",
    ),
    path(
        "p/<slug:slug>/agents/<uuid:uuid>/rename/undo/",
        agent_change_views.agent_rename_undo,
        name="agent_rename_undo",
    ),
    path(
        "p/<slug:slug>/agents/<uuid:uuid>/merge/",
        agent_change_views.agent_merge,
        name="agent_merge",
    ),
    path(
        "p/<slug:slug>/agents/<uuid:uuid>/merges/<uuid:merge>/undo/",
        agent_change_views.agent_merge_undo,
        name="agent_merge_undo",
    ),
]
