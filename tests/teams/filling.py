"""A row in every table that holds rows of a project, made from what its model says of itself."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from django.apps import apps
from django.db import connection, models

from signals_app.models import Signal, SignalVersion
from teams.deletion.project_tables import project_tables
from teams.models import Project, Team, User
from traces.store import partitions

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

OUR_APPS = {"core", "teams", "traces", "signals_app", "alerts", "demo", "runner"}

#: What a check of the table asks for, and no field says.
CHECKED: dict[str, dict[str, Any]] = {"Classification": {"outcome": "labelled", "label": "yes"}}

#: References that may be empty, and are not here.
GIVEN = {("Delivery", "firing")}

SELF_MADE = (models.AutoField, models.GeneratedField, models.CompositePrimaryKey)

Made = dict[type[models.Model], models.Model]

_numbers = count(1)


def cascading_tables() -> list[type[models.Model]]:
    """Return the models without the column whose rows go with those that they refer to."""
    known: list[type[models.Model]] = project_tables()
    found: list[type[models.Model]] = []
    rest = [m for m in apps.get_models() if m._meta.app_label in OUR_APPS and m not in known]
    while more := [model for model in rest if model not in found and _cascades(model, known)]:
        found += more
        known = known + more
    return found


def _cascades(model: type[models.Model], known: list[type[models.Model]]) -> bool:
    return any(
        isinstance(field, models.ForeignKey)
        and field.remote_field.on_delete is models.CASCADE
        and not field.null
        and field.related_model in known
        for field in model._meta.concrete_fields
    )


def fill(project: Project) -> Made:
    """Write a row of `project` into each of its tables; return the rows by model."""
    partitions.forget()  # those of a test before were rolled back
    with connection.cursor() as cursor:
        partitions.ensure(cursor, NOW, NOW)
    partitions.forget()
    user = User.objects.create_user(f"{project.slug}@example.org")
    made: Made = {Project: project, Team: project.team, User: user}
    for model in [*reversed(project_tables()), *cascading_tables()]:
        make(model, made)
    Signal.objects.filter(project=project).update(live_version=made[SignalVersion])
    return made


def make(model: type[models.Model], made: Made) -> models.Model:
    """Return the row of `model` in `made`; write it, and what it refers to, when there is none."""
    if model not in made:
        values = dict(CHECKED.get(model.__name__, {}))
        for field in model._meta.concrete_fields:
            if field.name in values:
                continue
            if field.column == "project_id":
                values[field.attname] = made[Project].pk
            elif isinstance(field, models.ForeignKey):
                if not field.null or (model.__name__, field.name) in GIVEN:
                    values[field.name] = make(field.related_model, made)
            elif not (field.null or field.has_default() or isinstance(field, SELF_MADE)):
                values[field.name] = value_of(field)
        made[model] = model._base_manager.create(**values)
    return made[model]


def value_of(field: Any) -> Any:
    """Return a value that a column takes, another one each time."""
    number = next(_numbers)
    if field.choices:
        return field.choices[0][0]
    kind = field.get_internal_type()
    if kind in {"CharField", "TextField", "SlugField"}:
        return f"v{number}"[: field.max_length or 40]
    if kind == "DateTimeField":
        return NOW
    others: dict[str, Any] = {
        "DateField": date(2026, 11, 20),
        "UUIDField": uuid.uuid4(),
        "JSONField": {},
        "BooleanField": False,
        "BinaryField": number.to_bytes(32, "big"),
        "FloatField": 1.0,
    }
    return others.get(kind, number % 20)
