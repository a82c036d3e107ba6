"""The resources of REST: what each module here answers, it asks of a verb."""

from ninja import Router

from api.rest.resources import (
    agents,
    alerts,
    comparisons,
    firings,
    labels,
    project,
    runs,
    templates,
    trials,
)
from api.rest.resources.signals import definitions, states, versions

RESOURCES: tuple[tuple[str, Router], ...] = (
    ("", project.resource),
    ("/agents", agents.resource),
    ("/templates", templates.resource),
    ("", definitions.resource),
    ("", states.resource),
    ("", versions.resource),
    ("/signals", labels.resource),
    ("/signals", runs.of_signal),
    ("/runs", runs.resource),
    ("/trials", trials.resource),
    ("/signals", comparisons.of_signal),
    ("/comparisons", comparisons.resource),
    ("", firings.resource),
    ("", alerts.resource),
)
