"""Every table that holds rows of a project, found by asking the models of all apps.

A table belongs to a project by a column `project_id`, or by a foreign key that cascades to a table
which has one: then its rows go with those. A new table is found without being entered anywhere;
`tests/teams/test_deleting.py` fails for one that belongs to a project in neither way.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey, Model

from teams.models import Project

#: Rows that one statement deletes, or one transaction where Django follows foreign keys.
BATCH = 2_000

PARTITIONS = """
SELECT i.inhrelid::regclass::text FROM pg_inherits i WHERE i.inhparent = %s::regclass ORDER BY 1
"""


def project_tables() -> list[type[Model]]:
    """Return the models with a column `project_id`, each before those that it refers to.

    Those that refer to others by foreign keys (alerts, signals, keys) come before the large ones
    of traffic and labels, which refer to nothing.
    """
    models = [model for model in apps.get_models() if _project_column(model) is not None]
    linked = [model for model in models if _is_linked(model)]
    return _referring_first(linked) + [model for model in models if model not in linked]


def delete_batch(model: type[Model], project_id: int) -> int:
    """Delete some rows of a project from the table of `model`; return how many, 0 at the end.

    Rows that somebody else has locked are left for the next call.
    """
    if _is_linked(model):
        rows = model._base_manager.filter(project_id=project_id).order_by("pk")[:BATCH]
        pks = list(rows.values_list("pk", flat=True))
        model._base_manager.filter(pk__in=pks).delete()
        return len(pks)
    for table in _tables_of(model):
        if deleted := _delete_from(table, project_id):
            return deleted
    return 0


def has_rows(model: type[Model], project_id: int) -> bool:
    """Say whether the table of `model` holds a row of a project."""
    return model._base_manager.filter(project_id=project_id).exists()


def _project_column(model: type[Model]) -> Any:
    """Return the field of `model` whose column is `project_id`, or None."""
    if model is Project:
        return None
    fields = model._meta.concrete_fields
    return next((field for field in fields if field.column == "project_id"), None)


def _is_linked(model: type[Model]) -> bool:
    """Say whether the database itself knows that rows of `model` belong to a project."""
    return isinstance(_project_column(model), ForeignKey)


def _referring_first(models: list[type[Model]]) -> list[type[Model]]:
    """Sort `models` so that each comes before those that it refers to."""
    ordered: list[type[Model]] = []
    visited: set[type[Model]] = set()

    def visit(model: type[Model]) -> None:
        if model in visited:
            return
        visited.add(model)
        for relation in model._meta.get_fields(include_hidden=True):
            if relation.auto_created and relation.related_model in models:
                visit(relation.related_model)
        ordered.append(model)

    for model in models:
        visit(model)
    return ordered


def _tables_of(model: type[Model]) -> list[str]:
    """Return the partitions of the table of `model`, or the table itself."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS, [table])
        return [row[0] for row in cursor.fetchall()] or [connection.ops.quote_name(table)]


def _delete_from(table: str, project_id: int) -> int:
    """Delete up to BATCH rows of a project from `table`, a quoted name; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""DELETE FROM {table} WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM {table} WHERE project_id = %s
                LIMIT {BATCH} FOR UPDATE SKIP LOCKED))""",
            [project_id],
        )
        return int(cursor.rowcount)
