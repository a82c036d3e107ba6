"""Signals, their labels and what waits follow an agent that is merged (traces/agents)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from core.ui.wording import number
from signals_app.definition.versions import MAX_NAME_CHARS
from signals_app.models import LabelCount, Outcome, Signal, Trial
from traces.agents import followers
from traces.agents.followers import Move
from traces.models import Agent

#: Rows of signals (and trials) that are of the new agent by now. A session's key is another one
#: under it; where a row stands there already, this one stays as it is.
LABELS = """
UPDATE classification c SET agent_id = %(to)s, target = coalesce(r.new, c.target)
FROM unnest(%(old)s::uuid[], %(new)s::uuid[]) AS r(old, new), signals_app_signal s
WHERE c.project_id = %(project)s AND c.target = r.old AND c.agent_id = %(from)s
  AND s.id = c.signal_id AND s.agent_id = %(to)s
  AND (r.new IS NULL) = (c.scope <> 'session')
  AND (r.new IS NULL OR NOT EXISTS (
    SELECT 1 FROM classification d
    WHERE d.project_id = c.project_id AND d.version_id = c.version_id AND d.target = r.new
        AND d.span_id = c.span_id AND (d.revision = c.revision OR d.is_current AND c.is_current)))
"""

#: What the judge is asked about a session at this moment is asked again, under the new key.
JOBS = """
UPDATE judge_job j SET agent_id = %(to)s, target = coalesce(r.new, j.target),
    lease_until = CASE WHEN r.new IS NULL THEN j.lease_until END,
    lease_token = CASE WHEN r.new IS NULL THEN j.lease_token END
FROM unnest(%(old)s::uuid[], %(new)s::uuid[]) AS r(old, new)
WHERE j.project_id = %(project)s AND j.target = r.old AND j.agent_id = %(from)s
  AND (j.signal_id IN (SELECT id FROM signals_app_signal WHERE agent_id = %(to)s)
    OR -j.version_id IN (SELECT id FROM signals_app_trial WHERE agent_id = %(to)s))
  AND (r.new IS NULL) = (j.scope <> 'session')
  AND (r.new IS NULL OR NOT EXISTS (
    SELECT 1 FROM judge_job d
    WHERE d.project_id = j.project_id AND d.version_id = j.version_id AND d.target = r.new
        AND d.span_id = j.span_id AND d.revision = j.revision))
"""

TRIALS = """
UPDATE signals_app_trialresult t SET target = r.new
FROM unnest(%(old)s::uuid[], %(new)s::uuid[]) AS r(old, new), signals_app_trial one
WHERE t.target = r.old AND r.new IS NOT NULL AND one.id = t.trial_id AND one.scope = 'session'
  AND one.project_id = %(project)s AND one.agent_id = %(to)s
  AND NOT EXISTS (
    SELECT 1 FROM signals_app_trialresult d WHERE d.trial_id = t.trial_id AND d.target = r.new)
"""

REMARKS = """
UPDATE remark m SET target = r.new
FROM unnest(%(old)s::uuid[], %(new)s::uuid[]) AS r(old, new), signals_app_signal s
WHERE m.project_id = %(project)s AND m.target = r.old AND r.new IS NOT NULL
  AND m.scope = 'session' AND s.id = m.signal_id AND s.agent_id = %(to)s
"""


class SignalsFollow:
    name = "signals"

    def merge(self, source: Agent, target: Agent) -> dict[str, Any]:
        """Move the signals of the merged agent. One whose name is taken bears that of its agent as
        well; it keeps its sample, since the salt was the agent's and is written down."""
        taken = set(_listed(target).values_list("name", flat=True))
        kept: list[dict[str, Any]] = []
        for signal in Signal.objects.filter(agent=source).order_by("pk"):
            was = {"id": signal.pk, "name": signal.name, "salt": signal.salt}
            if signal.state != Signal.State.ARCHIVED:
                signal.name = _free(signal.name, source.name, taken)
                taken.add(signal.name)
            signal.salt = signal.salt or source.uuid.hex
            signal.agent = target
            signal.save(update_fields=["name", "salt", "agent"])
            kept.append(was | {"became": signal.name})
        trials = Trial.objects.filter(agent=source)
        trial_keys = list(trials.values_list("pk", flat=True))
        trials.update(agent=target)
        return {"signals": kept, "trials": trial_keys}

    def unmerge(self, kept: Mapping[str, Any], source: Agent, target: Agent) -> None:
        """Names that a person changed since stay."""
        for was in kept.get("signals", ()):
            signal = Signal.objects.filter(pk=was["id"], agent=target).first()
            if signal is None:
                continue
            signal.agent = source
            signal.name = was["name"] if signal.name == was["became"] else signal.name
            signal.salt = was["salt"] if signal.salt == source.uuid.hex else signal.salt
            signal.save(update_fields=["name", "salt", "agent"])
        Trial.objects.filter(pk__in=kept.get("trials", ()), agent=target).update(agent=source)

    def moved(self, move: Move, trace_ids: Sequence[UUID], sessions: Mapping[UUID, UUID]) -> None:
        old = [*trace_ids, *sessions]
        new = [None] * len(trace_ids) + list(sessions.values())
        values = {"project": move.project_id, "from": move.from_id, "to": move.to_id}
        with connection.cursor() as cursor:
            for statement in (LABELS, JOBS, TRIALS, REMARKS):
                cursor.execute(statement, values | {"old": old, "new": new})

    def following(self, agent: Agent) -> list[str]:
        signals = list(Signal.objects.filter(agent=agent).values_list("pk", flat=True))
        if not signals:
            return []
        counts = LabelCount.objects.filter(
            project_id=agent.project_id,
            signal_id__in=signals,
            grain=LabelCount.Grain.HOUR,
            outcome=Outcome.LABELLED,
        )
        labels = counts.aggregate(n=Sum("n"))["n"] or 0
        return [f"{_counted(len(signals), 'signal')} with {_counted(labels, 'label')}"]


def _counted(n: int, noun: str) -> str:
    return f"{number(n)} {noun}{'' if n == 1 else 's'}"


def _listed(agent: Agent) -> Any:
    return Signal.objects.filter(agent=agent).exclude(state=Signal.State.ARCHIVED)


def _free(name: str, agent_name: str, taken: set[str]) -> str:
    """Return the name, with the agent's and a number where it is taken."""
    number, wanted = 1, name
    while wanted in taken:
        tail = f" ({agent_name[:40]})" if number == 1 else f" ({agent_name[:40]} {number})"
        wanted = name[: MAX_NAME_CHARS - len(tail)] + tail
        number += 1
    return wanted


followers.register(SignalsFollow())
