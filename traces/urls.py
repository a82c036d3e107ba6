from uuid import UUID

from django.urls import path, register_converter

from core.ids import trace_id_from_hex
from traces.pages.agent import change_views as agent_change_views
from traces.pages.agent import views as agent_views
from traces.pages.agents.views import agents
from traces.pages.erase import views as erase_views
from traces.pages.export.views import traces_file
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

PROJECT = "p/<slug:slug>/"
AGENT = f"{PROJECT}agents/<uuid:uuid>/"

urlpatterns = [
    path(f"{PROJECT}settings/data/erase/", erase_views.erase, name="erase"),
    path(f"{PROJECT}settings/data/erase/begin/", erase_views.erase_begin, name="erase_begin"),
    path(f"{PROJECT}traces/", traces, name="traces"),
    path(f"{PROJECT}traces.jsonl.gz", traces_file, name="traces_file"),
    path(f"{PROJECT}traces/<hex32:trace_id>/", trace, name="trace"),
    path(f"{PROJECT}sessions/", sessions, name="sessions"),
    path(f"{PROJECT}sessions/<hex32:key>/", session, name="session"),
    path(f"{PROJECT}agents/", agents, name="agents"),
    path(AGENT, agent_views.agent, name="agent"),
    path(f"{AGENT}rename/", agent_change_views.agent_rename, name="agent_rename"),
    path(f"{AGENT}rename/undo/", agent_change_views.agent_rename_undo, name="agent_rename_undo"),
    path(f"{AGENT}merge/", agent_change_views.agent_merge, name="agent_merge"),
    path(
        f"{AGENT}merges/<uuid:merge>/undo/",
        agent_change_views.agent_merge_undo,
        name="agent_merge_undo",
    ),
]
