"""Which judge is asked, as the form of a signal offers it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from signals_app.judging import judge_in_use
from signals_app.judging.endpoint import shown
from signals_app.models import JudgeEndpoint
from teams.models import Project

#: Stands for the environment's judge where the project's default is another one.
ENVIRONMENT = "environment"


def offer(form: forms.Form, project: Project, also: JudgeEndpoint | None = None) -> None:
    """Fill the field `judge`, or take it away where there is nothing to choose.

    The field `judge_model` says which models it takes. also: what is chosen now, even if it was
    archived.
    """
    rows = list(JudgeEndpoint.objects.filter(project=project, archived_at=None).order_by("name"))
    if not settings.PROJECT_JUDGES:
        rows = []
    if also is not None and also not in rows:
        rows.append(also)
    environment = judge_in_use.environment()
    model = form.fields["judge_model"]
    model.widget.attrs["placeholder"] = environment.model
    if settings.JUDGE_MODELS:
        model.help_text = f"One of {', '.join(judge_in_use.models_of_environment())}."
    if not rows:
        del form.fields["judge"]
        return
    default = next((row for row in rows if row.is_default), None)
    built_in = "the built-in offline judge"
    shared = built_in if environment.is_offline else f"{environment.model} of the environment"
    name = _name(default) if default else shared
    choices = [("", f"The default: {name}")]
    choices += [(str(row.uuid), _name(row)) for row in rows]
    choices.append(
        (ENVIRONMENT, shared[:1].upper() + shared[1:] if environment.is_offline else shared)
    )
    form.fields["judge"].choices = choices  # type: ignore[attr-defined]
    model.label = "Model of the environment's judge"


def _name(row: JudgeEndpoint) -> str:
    archived = " (archived)" if row.archived_at else ""
    return f"{shown(row.name, row.model)}{archived}"


def chosen(project: Project, cleaned: dict[str, Any]) -> tuple[JudgeEndpoint | None, str]:
    """Return the judge of the project and the model of the environment's that were chosen."""
    said, model = cleaned.get("judge") or "", cleaned.get("judge_model") or ""
    if said == ENVIRONMENT:
        return None, model or judge_in_use.model_in_use()
    if not said:
        return None, model
    return JudgeEndpoint.objects.filter(project=project, uuid=said).first(), model
