"""Traffic as it lies in the database: span → trace → session, and the agents found in it.

The big tables are addressed by `(project_id, …)` first and carry no foreign keys, which would cost
a look-up for each row. They are written by `traces/ingest/writer.py` in bulk and
read through the named QuerySet methods beside them.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from core.ids import span_id_hex
from teams.models import Project
from traces.models.querysets import (
    AgentQuerySet,
    AgentTraceQuerySet,
    SessionQuerySet,
    SpanQuerySet,
    TraceQuerySet,
)


class Agent(models.Model):
    """A stable identity found in traffic: `agent.id`, else the agent's name.

    By what else it is known, `AgentAlias` says.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="agents")
    identity = models.CharField(max_length=500)
    name = models.CharField(max_length=500)  # as shown
    said_name = models.CharField(max_length=500, blank=True, db_default="")  # as traffic says it
    is_renamed = models.BooleanField(db_default=False)  # by a person: traffic renews it no more
    renamed_from = models.CharField(max_length=500, blank=True, db_default="")
    renamed_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    objects = AgentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "identity"], name="an_agent_is_in_a_project_once"
            )
        ]
        indexes = [
            # Lists of agents, the one heard of last first, keyset-paged.
            models.Index(fields=["project", "-last_seen_at", "id"], name="agent_heard_of_last"),
            # Whether another agent bears a name (AgentQuerySet.of_project).
            models.Index(fields=["project", "said_name"], name="agent_by_said_name"),
        ]

    def __str__(self) -> str:
        return self.name


class SpanFlag(models.IntegerChoices):
    """Bits of `Span.flags`: what the reader of a span should know about its storage."""

    CLOCK_SUSPECT = 1, "not at the time that was sent (traces/ingest/clocks.py)"
    TRUNCATED = 2, "attributes were dropped or cut"
    JUDGE = 4, "made by our own judge"
    REPEATS = 8, "its tokens are those of the spans below it"


class Span(models.Model):
    """One operation. Partitioned by week of `start_time` (traces/store/partitions.py)."""

    pk = models.CompositePrimaryKey("project_id", "trace_id", "span_id", "start_time")
    project_id = models.BigIntegerField()
    trace_id = models.UUIDField()
    span_id = models.BigIntegerField()
    parent_span_id = models.BigIntegerField(null=True)
    start_time = models.DateTimeField()
    end_time = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    name = models.TextField()
    kind = models.TextField()
    is_error = models.BooleanField()
    flags = models.SmallIntegerField(default=0)
    # Resolved by `traces/settling/__init__.py` when the span does not say.
    agent_id = models.BigIntegerField(null=True)
    session_id = models.TextField(null=True)
    user_id = models.TextField(null=True)
    model = models.TextField(null=True)
    provider = models.TextField(null=True)
    tool_name = models.TextField(null=True)
    service = models.TextField(null=True)
    environment = models.TextField(null=True)
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cache_read_tokens = models.BigIntegerField(null=True)
    cache_write_tokens = models.BigIntegerField(null=True)
    reasoning_tokens = models.BigIntegerField(null=True)
    cost_usd = models.FloatField(null=True)
    error_message = models.TextField(null=True)
    attributes = models.JSONField()  # short scalars only, for filters
    payload = models.BinaryField()  # zstd-compressed JSON of all that was sent: the truth

    objects = SpanQuerySet.as_manager()

    class Meta:
        db_table = "span"
        indexes = [
            # The list of spans, newest first, keyset-paged.
            models.Index(fields=["project_id", "-start_time", "span_id"], name="span_newest_first"),
            # The same of what failed, which may be rare.
            models.Index(
                fields=["project_id", "-start_time", "span_id"],
                condition=models.Q(is_error=True),
                name="span_failed",
            ),
        ]

    @property
    def hex_id(self) -> str:
        return span_id_hex(self.span_id)


class SpanLog(models.Model):
    """A GenAI event that was sent as a log record of a span, before it or after it.

    Read together with the events of its span (traces/store/reading.py), and gone with RETENTION.
    """

    pk = models.CompositePrimaryKey("project_id", "trace_id", "span_id", "key")
    project_id = models.BigIntegerField()
    trace_id = models.UUIDField()
    span_id = models.BigIntegerField()
    key = models.UUIDField()  # of its content and its place among equals: sent twice is stored once
    time_ns = models.BigIntegerField()
    position = models.IntegerField()  # in its request, for events of one moment
    # How often its trace had settled without it: a call is judged anew with its late words.
    revision = models.IntegerField(default=0, db_default=0)
    received_at = models.DateTimeField()
    size = models.IntegerField()  # of what `payload` holds, in bytes
    payload = models.BinaryField()  # zstd-compressed JSON

    class Meta:
        db_table = "span_log"
        indexes = [
            # Retention.
            models.Index(fields=["received_at"], name="span_log_by_age"),
        ]


def _newest_of(column: str) -> models.Index:
    return models.Index(
        fields=["project_id", column, "-start_time", "trace_id"],
        condition=models.Q((f"{column}__isnull", False)),
        name=f"trace_newest_of_{column}",
    )


class Trace(models.Model):
    """One request or turn. Columns are derived from its spans as they arrive.

    `due_at` is when it settles if nothing more arrives; NULL once settled.
    Tokens and cost sum the model calls only, since outer spans repeat them.
    """

    pk = models.CompositePrimaryKey("project_id", "trace_id")
    project_id = models.BigIntegerField()
    trace_id = models.UUIDField()
    start_time = models.DateTimeField()
    end_time = models.DateTimeField()
    first_received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    # Nothing of it came live since it settled before, if ever: no signal judges it by itself.
    is_uploaded = models.BooleanField(default=False, db_default=False)
    revision = models.IntegerField(default=0)  # how often it has settled
    root_span_id = models.BigIntegerField(null=True)
    root_ended = models.BooleanField(default=False)
    name = models.TextField()
    name_rank = models.SmallIntegerField()  # 0 from the root, 1 from an agent span, 2 from another
    is_error = models.BooleanField(default=False)  # of the root; of any span while there is none
    error_count = models.IntegerField(default=0)
    span_count = models.IntegerField(default=0)
    llm_count = models.IntegerField(default=0)
    tool_count = models.IntegerField(default=0)
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cost_usd = models.FloatField(null=True)
    agent_id = models.BigIntegerField(null=True)  # of the root, else the first one seen
    session_id = models.TextField(null=True)
    user_id = models.TextField(null=True)
    model = models.TextField(null=True)
    provider = models.TextField(null=True)
    service = models.TextField(null=True)
    environment = models.TextField(null=True)
    tags = ArrayField(models.TextField(), default=list)
    metadata = models.JSONField(default=dict)
    input_preview = models.TextField(null=True)  # at most 300 characters
    output_preview = models.TextField(null=True)
    # When its text was let go by retention (traces/retaining); its figures stay.
    text_gone_at = models.DateTimeField(null=True)
    search = SearchVectorField(null=True)  # of 4 kB of input and output, filled when it settles

    objects = TraceQuerySet.as_manager()

    class Meta:
        db_table = "trace"
        indexes = [
            # The explorer's list, newest first, keyset-paged. Filters by size look at the columns
            # that it includes, and read no row of the table for what they leave out.
            models.Index(
                fields=["project_id", "-start_time", "trace_id"],
                include=[
                    "end_time",
                    "llm_count",
                    "tool_count",
                    "input_tokens",
                    "output_tokens",
                    "cost_usd",
                ],
                name="trace_newest_first",
            ),
            # The settling sweep.
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="trace_waiting_to_settle",
            ),
            # A session's page.
            models.Index(
                fields=["project_id", "session_id", "start_time"], name="trace_of_a_session"
            ),
            # The explorer's list of one user, newest first.
            models.Index(
                fields=["project_id", "user_id", "-start_time", "trace_id"],
                condition=models.Q(user_id__isnull=False),
                name="trace_of_a_user",
            ),
            # The same of one service, environment or model, which may be a rare one.
            _newest_of("service"),
            _newest_of("environment"),
            _newest_of("model"),
            # The explorer's filter `metadata key = value`.
            GinIndex(
                OpClass("metadata", name="jsonb_path_ops"),
                condition=~models.Q(metadata={}),
                name="trace_metadata",
            ),
            # The explorer's list of what failed, and the number of these.
            models.Index(
                fields=["project_id", "-start_time", "trace_id"],
                condition=models.Q(is_error=True),
                name="trace_failed",
            ),
            # Text search of the explorer.
            GinIndex(fields=["search"], name="trace_text"),
        ]

    @property
    def hex_id(self) -> str:
        return self.trace_id.hex


class AgentTrace(models.Model):
    """An agent took part in a trace. Sums are its own spans', NULL until the trace settles."""

    pk = models.CompositePrimaryKey("project_id", "agent_id", "trace_id")
    project_id = models.BigIntegerField()
    agent_id = models.BigIntegerField()
    trace_id = models.UUIDField()
    session_id = models.TextField(null=True)
    session_key = models.UUIDField(null=True)  # core.ids.session_key
    start_time = models.DateTimeField()
    duration_ms = models.FloatField(null=True)
    is_error = models.BooleanField(null=True)
    span_count = models.IntegerField(null=True)
    llm_count = models.IntegerField(null=True)
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cost_usd = models.FloatField(null=True)

    objects = AgentTraceQuerySet.as_manager()

    class Meta:
        db_table = "agent_trace"
        indexes = [
            # An agent's runs in a window; targets of a run in order of time. The agents' list
            # and the estimates of a new signal sum up the columns that it includes, and read no row
            # of the table for it.
            models.Index(
                fields=["project_id", "agent_id", "start_time"],
                include=[
                    "duration_ms",
                    "is_error",
                    "llm_count",
                    "input_tokens",
                    "output_tokens",
                    "cost_usd",
                ],
                name="agent_trace_figures",
            ),
            # The traces of a session.
            models.Index(fields=["project_id", "session_key"], name="agent_trace_of_a_session"),
            # From a trace to its agents.
            models.Index(fields=["project_id", "trace_id"], name="agent_trace_of_a_trace"),
        ]


class Session(models.Model):
    """One conversation of one agent."""

    pk = models.CompositePrimaryKey("project_id", "key")
    project_id = models.BigIntegerField()
    key = models.UUIDField()  # core.ids.session_key(agent, session_id)
    agent_id = models.BigIntegerField()
    session_id = models.TextField()
    user_id = models.TextField(null=True)
    start_time = models.DateTimeField()
    end_time = models.DateTimeField()
    last_received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    is_uploaded = models.BooleanField(default=False, db_default=False)  # as of a trace
    revision = models.IntegerField(default=0)

    objects = SessionQuerySet.as_manager()

    class Meta:
        db_table = "session"
        indexes = [
            # The settling sweep.
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="session_waiting_to_settle",
            ),
            # An agent's sessions in a window.
            models.Index(fields=["project_id", "agent_id", "start_time"], name="session_by_time"),
            # The sessions of an id, one for each of its agents.
            models.Index(fields=["project_id", "session_id"], name="session_by_id"),
            # The explorer's list of sessions, newest first, keyset-paged.
            models.Index(fields=["project_id", "-start_time", "key"], name="session_newest_first"),
        ]
