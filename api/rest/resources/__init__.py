"""The resources of REST: what each module here answers, it asks of a verb."""

from ninja import Router

from api.rest.resources import (
    agents,
    alerts,
    comparisons,
    firings,
    project,
    runs,
    templates,
    trials,
    usage,
)
from api.rest.resources.signals import definitions, labels, states, versions
from api.rest.resources.traffic import conversations, exports, sessions, spans, traces, uploads

RESOURCES: tuple[tuple[str, Router], ...] = (
    ("", project.resource),
    ("/agents", agents.resource),
    ("/templates", templates.resource),
    ("", definitions.resource),
    ("", states.resource),
    ("", versions.resource),
    ("", labels.resource),
    ("", runs.resource),
    ("/trials", trials.resource),
    ("/signals", comparisons.of_signal),
    ("/comparisons", comparisons.resource),
    ("/traces", traces.resource),
    ("/traces", conversations.of_trace),
    ("/spans", spans.resource),
    ("", usage.resource),
    ("", exports.resource),
    ("", uploads.resource),
    ("/sessions", sessions.resource),
    ("/sessions", conversations.of_session),
    ("", firings.resource),
    ("", alerts.resource),
)
