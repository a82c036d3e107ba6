"""What is kept of agents beside the agents: by what else they are known, and what was merged."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from teams.models import Project

UNDO_FOR = timedelta(days=1)


class AgentMerge(models.Model):
    """One agent became another: a person said so, or it was seen (`by` is empty).

    The row of the agent is gone, and `source` holds it. Until `undone_at`, traffic that names it
    lands on `target` by its aliases.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    target = models.ForeignKey("traces.Agent", on_delete=models.CASCADE, related_name="merges")
    into_id = models.BigIntegerField()  # as asked for; `target` is where it has gone since
    source_id = models.BigIntegerField()  # the key that it had, and has again after an undo
    source = models.JSONField()  # its other columns
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    moved_at = models.DateTimeField(null=True)  # all of its traffic follows; NULL while it does
    undone_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)  # the same of an undo
    kept = models.JSONField(default=dict)  # by extension: what it needs for an undo

    class Meta:
        indexes = [
            # What has not been undone, for the ids that are gone.
            models.Index(fields=["project", "source_id"], name="merge_of_an_agent"),
        ]

    def __str__(self) -> str:
        return f"{self.source_name} into {self.target_id}"

    @property
    def undo_until(self) -> datetime:
        return self.at + UNDO_FOR

    @property
    def source_name(self) -> str:
        return str(self.source.get("name", ""))


class AgentAlias(models.Model):
    """Another identity whose traffic lands on an agent.

    Of a merge, or (`merge` is empty) learned from traffic that said both: an id that was drawn by
    a program beside the agent's name, and the name that such an id bears later.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey("traces.Agent", on_delete=models.CASCADE, related_name="aliases")
    identity = models.CharField(max_length=500)
    merge = models.ForeignKey(AgentMerge, on_delete=models.CASCADE, null=True, related_name="+")
    trace_id = models.UUIDField(null=True)  # in which it was first said, when learned

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "identity"], name="an_alias_is_in_a_project_once"
            )
        ]

    def __str__(self) -> str:
        return self.identity


class AgentMoved(models.Model):
    """One trace or session that followed a merge; kept for as long as that can be undone.

    data of a trace: {"spans": [id, …], "is_own": whether it was the trace's own agent}; of a
    session, whose `key` is the old one: {"to": key, "session_id": …, "revision": n, "settled_at":
    moment or null}.
    """

    pk = models.CompositePrimaryKey("project_id", "merge_id", "kind", "key")
    project_id = models.BigIntegerField()
    merge_id = models.BigIntegerField()
    kind = models.CharField(max_length=1)  # "t" or "s"
    key = models.UUIDField()
    data = models.JSONField()

    class Meta:
        db_table = "agent_moved"
