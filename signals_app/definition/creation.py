"""Making a signal, as every door does it: with all checks, judging at once or as a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from signals_app.definition import scopes, states, versions
from signals_app.definition.starters import BY_KEY
from signals_app.models import JudgeEndpoint, Signal
from teams.models import Project, User
from traces.models import Agent


@transaction.atomic
def create(
    *,
    project: Project,
    agent: Agent,
    name: str,
    scope: str,
    type: str,
    prompt: str,
    labels: Sequence[Mapping[str, Any]],
    sample_rate: float,
    now: datetime,
    judge_model: str = "",
    endpoint: JudgeEndpoint | None = None,
    template: str = "",
    salt: str = "",
    user: User | None = None,
    is_active: bool = True,
) -> Signal:
    """Make a signal with its first version, and have it judge from `now` on unless it is to stay
    a draft (`is_active` is false).

    template: the key of the starter that it was made from, or "". sample_rate: above 0, at most 1.
    Raises ValidationError with messages by field: template, scope and those of `versions.create`.
    """
    errors: dict[str, list[str]] = {}
    if template and template not in BY_KEY:
        errors["template"] = [f"Choose one of {', '.join(BY_KEY)}, or none."]
    if reason := scopes.why_not(agent, scope):
        errors["scope"] = [reason]
    if errors:
        raise ValidationError(errors)
    signal = versions.create(
        project=project,
        agent=agent,
        name=name,
        scope=scope,
        type=type,
        prompt=prompt,
        labels=labels,
        sample_rate=sample_rate,
        judge_model=judge_model,
        endpoint=endpoint,
        template=template,
        salt=salt,
        user=user,
    )
    if is_active:
        states.activate(signal, user, now)
    return signal
