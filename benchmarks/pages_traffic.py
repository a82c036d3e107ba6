"""A project's traffic and labels in bulk, for `benchmarks/pages.py`: COPY, not the real doors.

Rows are as settling and judging leave them. Spans are made for a few traces only, by the real
writer: no list reads them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg

from core.ids import session_key

DAYS = 30
#: Of all traces, by agent: a few do most of the work.
SHARES = (40, 20, 12, 8, 6, 4, 3, 2, 2, 1, 1, 1)
MODELS = (("gpt-5.4-mini", "openai"), ("gpt-5.4", "openai"), ("claude-sonnet", "anthropic"))
SERVICES = ("web", "mobile", "batch", "voice")
ENVIRONMENTS = ("production", "staging", "development")
PLANS = ("free", "pro", "team", "enterprise")
WORDS = [
    "refund",
    "order",
    "flight",
    "booking",
    "hotel",
    "delay",
    "invoice",
    "seat",
    "luggage",
    "change",
    "cancel",
    "card",
    "address",
    "password",
    "upgrade",
    "delivery",
    "broken",
    "missing",
    "late",
    "payment",
    "account",
    "support",
    "ticket",
    "return",
    "price",
]

TRACE = (
    "project_id, trace_id, start_time, end_time, first_received_at, last_received_at, settled_at,"
    " revision, root_span_id, root_ended, name, name_rank, is_error, error_count, span_count,"
    " llm_count, tool_count, input_tokens, output_tokens, cost_usd, agent_id, session_id, user_id,"
    " model, provider, service, environment, tags, metadata, input_preview, output_preview, search"
)
AGENT_TRACE = (
    "project_id, agent_id, trace_id, session_id, session_key, start_time, duration_ms, is_error,"
    " span_count, llm_count, input_tokens, output_tokens, cost_usd"
)
SESSION = (
    "project_id, key, agent_id, session_id, user_id, start_time, end_time, last_received_at,"
    " settled_at, revision"
)
CLASSIFICATION = (
    "project_id, signal_id, version_id, agent_id, scope, target, span_id, revision, is_current,"
    " target_time, source, outcome, label, explanation, reason, sample_rate, judge_model,"
    " input_tokens, output_tokens, cut_chars, attempts, created_at, counted_at"
)


@dataclass(frozen=True)
class Judged:
    """A signal to fill: of which agent, what it says how often, of what share of targets."""

    signal_id: int
    version_id: int
    agent_id: int
    scope: str
    labels: tuple[tuple[str, int], ...]
    rate: float


class Seed:
    """Adds traces to a project until it has as many as asked for."""

    def __init__(
        self, project_id: int, agents: list[int], signals: list[Judged], now: datetime
    ) -> None:
        self.project_id, self.agents, self.signals, self.now = project_id, agents, signals, now
        self.shares: Sequence[int] | None = SHARES  # of all traces, by agent; None: all alike
        self.chance = random.Random(20)
        self.rows: dict[str, list[str]] = {}

    def add(self, connection: psycopg.Connection, traces: int) -> None:
        made = 0
        for conversation in self._conversations(traces):
            made += conversation
            if len(self.rows.get("trace", ())) >= 20_000:
                self._flush(connection)
        self._flush(connection)

    def _conversations(self, traces: int) -> Iterator[int]:
        while traces > 0:
            turns = min(traces, self.chance.choice((1, 1, 1, 2, 3, 4, 6, 9)))
            self._conversation(turns)
            traces -= turns
            yield turns

    def _conversation(self, turns: int) -> None:
        pick = self.chance
        agent = (
            pick.choices(self.agents, self.shares)[0] if self.shares else pick.choice(self.agents)
        )
        at = self.now - timedelta(seconds=pick.random() * DAYS * 86_400)
        session_id = f"chat-{pick.getrandbits(48):x}" if pick.random() < 0.7 else None
        user = f"user-{int(pick.random() ** 2 * 20_000)}"
        key = session_key(agent, session_id) if session_id else None
        begun = at
        for _ in range(turns):
            took = timedelta(seconds=pick.lognormvariate(0.7, 0.8))
            at = min(at, self.now - took)
            self._trace(agent, session_id, key, user, at, took)
            at += took + timedelta(seconds=pick.random() * 120)
        if session_id and key:
            self._add(
                "session",
                (self.project_id, key, agent, session_id, user, begun, at, at, at, 1),
            )
            self._judge(agent, "session", key, 0, begun)

    def _trace(
        self,
        agent: int,
        session_id: str | None,
        key: UUID | None,
        user: str,
        at: datetime,
        took: timedelta,
    ) -> None:
        pick = self.chance
        trace_id = UUID(int=pick.getrandbits(128))
        error = pick.random() < 0.04
        model, provider = pick.choices(MODELS, (70, 20, 10))[0]
        llm, tool = pick.randint(1, 4), pick.randint(0, 3)
        tokens, answer = pick.randint(200, 9000), pick.randint(10, 900)
        cost = tokens * 4e-7 + answer * 1.6e-6
        asked, said = pick.choices(WORDS, k=12), pick.choices(WORDS, k=12)
        search = " ".join(f"'{word}':{n}" for n, word in enumerate([*asked, *said], 1))
        end = at + took
        self._add("trace", (
            self.project_id, trace_id, at, end, end, end, end, 1, pick.getrandbits(60), True,
            "turn", 0, error, int(error), llm + tool + 1, llm, tool, tokens, answer, cost, agent,
            session_id, user, model, provider, pick.choices(SERVICES, (60, 30, 9, 1))[0],
            pick.choices(ENVIRONMENTS, (90, 8, 2))[0], "{}",
            f'{{"plan": "{pick.choice(PLANS)}", "build": "{pick.randint(1, 500)}"}}',
            " ".join(asked), " ".join(said), search,
        ))  # fmt: skip
        self._add("agent_trace", (
            self.project_id, agent, trace_id, session_id, key, at, took.total_seconds() * 1000,
            error, llm + tool + 1, llm, tokens, answer, cost,
        ))  # fmt: skip
        self._judge(agent, "trace", trace_id, 0, at)
        self._judge(agent, "span", trace_id, pick.getrandbits(60), at)

    def _judge(self, agent: int, scope: str, target: UUID, span_id: int, at: datetime) -> None:
        for signal in self.signals:
            if (
                signal.agent_id != agent
                or signal.scope != scope
                or self.chance.random() >= signal.rate
            ):
                continue
            names, weights = zip(*signal.labels, strict=True)
            label = self.chance.choices(names, weights)[0]
            self._add("classification", (
                self.project_id, signal.signal_id, signal.version_id, agent, scope, target, span_id,
                1, True, at, "live", "labelled", label, "As the user says so twice.", "",
                signal.rate, "judge", 900, 60, 0, 1, at, at,
            ))  # fmt: skip

    def _add(self, table: str, values: tuple[object, ...]) -> None:
        line = "\t".join(r"\N" if value is None else str(value) for value in values)
        self.rows.setdefault(table, []).append(line)

    def _flush(self, connection: psycopg.Connection) -> None:
        columns = {
            "trace": TRACE,
            "agent_trace": AGENT_TRACE,
            "session": SESSION,
            "classification": CLASSIFICATION,
        }
        for table, lines in self.rows.items():
            statement = f"COPY {table} ({columns[table]}) FROM STDIN"
            with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
                copy.write("\n".join(lines) + "\n")
        connection.commit()
        self.rows.clear()
