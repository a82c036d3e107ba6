"""Templates: questions to start from."""

from __future__ import annotations

from typing import Annotated

from django.http import Http404
from ninja import Path, Schema
from pydantic import Field

from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.shapes import signals as shapes
from api.shapes.signals import TemplateShape
from signals_app.definition.starters import BY_KEY, TEMPLATES

resource = Resource(tags=["templates"])

Key = Annotated[str, Field(min_length=1, max_length=40, description="Its `key`.")]


class Templates(Schema):
    items: list[TemplateShape]


@resource.get("", response=Templates, operation_id="list_templates")
def list_templates(request: CallerRequest) -> Templates:
    """Return the templates that a signal can be made from."""
    return Templates(items=[shapes.template_of(template) for template in TEMPLATES])


@resource.get("/{template}", response=TemplateShape, operation_id="get_template")
def get_template(request: CallerRequest, template: Path[Key]) -> TemplateShape:
    """Return one template."""
    if template not in BY_KEY:
        raise Http404
    return shapes.template_of(BY_KEY[template])
