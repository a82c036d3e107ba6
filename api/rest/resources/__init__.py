"""The resources of REST: what each module here answers, it asks of a verb."""

from ninja import Router

from api.rest.resources import agents, project

RESOURCES: tuple[tuple[str, Router], ...] = (
    ("", project.resource),
    ("/agents", agents.resource),
)
