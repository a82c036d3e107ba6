"""Signals with labels for tests of pages, counted as the real counts are."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from signals_app.definition import states, versions
from signals_app.definition.starters import BY_KEY
from signals_app.labels import count_changes
from signals_app.models import Classification, Scope, Signal
from signals_app.spending import ledger
from teams.models import Project
from traces.models import Agent

_ids = itertools.count(1)


def new_agent(project: Project, name: str = "support") -> Agent:
    now = timezone.now()
    return Agent.objects.create(
        project=project, identity=name, name=name, first_seen_at=now, last_seen_at=now
    )


def new_signal(
    agent: Agent, template: str = "user_frustration", active: bool = True, **changes: Any
) -> Signal:
    """From a template; keyword arguments change what versions.create is given."""
    made = BY_KEY[template]
    given: dict[str, Any] = {
        "name": made.name,
        "scope": made.scope,
        "type": made.type,
        "prompt": made.prompt,
        "labels": made.labels,
        "sample_rate": made.sample_rate,
        "template": made.key,
    }
    signal = versions.create(project=agent.project, agent=agent, **(given | changes))
    if active:
        states.activate(signal, None, timezone.now())
    return signal


def label(
    signal: Signal,
    name: str | None,
    times: int = 1,
    *,
    at: datetime | None = None,
    target: UUID | None = None,
    **changes: Any,
) -> list[Classification]:
    """`times` targets with this label (None: none), a second apart, the last one at `at`."""
    assert signal.live_version is not None
    at = at or timezone.now() - timedelta(minutes=1)
    rows = [
        Classification(
            **{
                "project_id": signal.project_id,
                "id": next(_ids),
                "signal_id": signal.pk,
                "version_id": signal.live_version.pk,
                "agent_id": signal.agent_id,
                "scope": signal.scope,
                "target": target or uuid4(),
                "span_id": 7 if signal.scope == Scope.SPAN else 0,
                "target_time": at - timedelta(seconds=times - 1 - index),
                "source": "live",
                "outcome": "labelled" if name is not None else "failed",
                "label": name,
                "sample_rate": signal.live_version.sample_rate,
                "created_at": at - timedelta(seconds=times - 1 - index),
                "counted_at": at - timedelta(seconds=times - 1 - index),
                **changes,
            }
        )
        for index in range(times)
    ]
    Classification.objects.bulk_create(rows)
    count_changes.recount()
    ledger.rebuild()
    return rows
