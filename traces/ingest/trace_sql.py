"""The statements that keep trace, agent_trace and session rows in step with new spans.

Rows travel as one JSON parameter a statement. Every statement takes its locks in the order
of the key, and a writer takes them in the order agents, traces, sessions: concurrent
writers wait for each other, but never in a circle. In the order of one batch:

1. INSERT_OR_LOCK makes the traces that are new and locks the others: whoever holds a trace is alone
   with it until the commit.
2. KNOWN_WORDS and KNOWN_SPANS tell what stands there already of these traces and of these spans.
   A span that was sent before is left out, or replaces a less complete one (DELETE_SPANS).
3. The writer copies what is left into `span`.
4. ADD_TO_TRACES adds to the locked traces what was really written; what a replaced span had added
   comes with a minus.
5. LINK_AGENTS (RELINK_AGENTS for traces with replaced spans) and TOUCH_SESSIONS do the same for
   `agent_trace` and `session`.

`LATERAL … OFFSET 0` makes each row a look-up by its key. PostgreSQL plans, and keeps the
plan, while the tables are new and it has counted nothing: left free, it then takes "all
traces of the project" for one row, and reads them all for every row of a batch.
"""

from __future__ import annotations

COLUMNS = """
    trace_id uuid, start_time timestamptz, end_time timestamptz, now timestamptz,
    due_at timestamptz, judge_only boolean, root_span_id bigint, root_ended boolean,
    name text, name_rank smallint, is_error boolean, error_count int, span_count int,
    llm_count int, tool_count int, input_tokens bigint, output_tokens bigint,
    cost_usd double precision, agent_id bigint, session_id text, session_from_root boolean,
    user_id text, model text, provider text, service text, environment text, tags text[],
    metadata jsonb, input_preview text, output_preview text
"""

#: Rows of new traces, and a lock on those that are there: a conflict locks the row, and
#: `WHERE false` leaves it untouched. Returns the new ones.
INSERT_OR_LOCK = f"""
INSERT INTO trace (
    project_id, trace_id, start_time, end_time, first_received_at, last_received_at, due_at,
    root_span_id, root_ended, name, name_rank, is_error, error_count, span_count, llm_count,
    tool_count, input_tokens, output_tokens, cost_usd, agent_id, session_id, user_id, model,
    provider, service, environment, tags, metadata, input_preview, output_preview, is_uploaded,
    revision)
SELECT %s, r.trace_id, r.start_time, r.end_time, r.now, r.now, r.due_at,
    r.root_span_id, r.root_ended, r.name, r.name_rank, r.is_error, r.error_count, r.span_count,
    r.llm_count, r.tool_count, r.input_tokens, r.output_tokens, r.cost_usd, r.agent_id,
    r.session_id, r.user_id, r.model, r.provider, r.service, r.environment, r.tags, r.metadata,
    r.input_preview, r.output_preview, %s, 0
FROM json_to_recordset(%s) AS r({COLUMNS})
ORDER BY r.trace_id
ON CONFLICT (project_id, trace_id) DO UPDATE SET trace_id = EXCLUDED.trace_id WHERE false
RETURNING trace_id
"""

#: What is there of the spans that arrived, in traces that this transaction has locked.
KNOWN_SPANS = """
SELECT s.trace_id, s.span_id, s.start_time, s.end_time IS NOT NULL, s.kind, s.is_error,
    s.flags, s.input_tokens, s.output_tokens, s.cost_usd, s.payload
FROM trace t
JOIN span s ON s.project_id = t.project_id AND s.trace_id = t.trace_id
    AND s.start_time BETWEEN t.start_time AND t.end_time
JOIN json_to_recordset(%s) AS r(trace_id uuid, span_id bigint)
    ON r.trace_id = s.trace_id AND r.span_id = s.span_id
WHERE t.project_id = %s AND t.trace_id = ANY(%s)
"""

KNOWN_WORDS = """
SELECT trace_id, session_id, user_id FROM trace WHERE project_id = %s AND trace_id = ANY(%s)
"""

DELETE_SPANS = """
DELETE FROM span s USING json_to_recordset(%s)
    AS r(trace_id uuid, span_id bigint, start_time timestamptz)
WHERE s.project_id = %s AND s.trace_id = r.trace_id AND s.span_id = r.span_id
    AND s.start_time = r.start_time
"""

#: The teller of a trace's name changes to a better rank, to an earlier span of the same
#: rank, or to a newer sending of the same root.
BETTER = """(r.name_rank < t.name_rank OR (r.name_rank = t.name_rank AND (
    r.start_time < t.start_time OR r.root_span_id = t.root_span_id)))"""

ADD_TO_TRACES = f"""
UPDATE trace t SET
    start_time = least(t.start_time, r.start_time),
    end_time = greatest(t.end_time, r.end_time),
    last_received_at = greatest(t.last_received_at, r.now),
    due_at = CASE WHEN r.judge_only THEN t.due_at
        WHEN t.root_ended OR r.root_ended THEN r.now + %s * interval '1 second'
        ELSE r.now + %s * interval '1 second' END,
    settled_at = CASE WHEN r.judge_only THEN t.settled_at END,
    is_uploaded = %s AND (t.is_uploaded OR t.settled_at IS NOT NULL),
    root_span_id = CASE WHEN {BETTER} THEN coalesce(r.root_span_id, t.root_span_id)
        ELSE t.root_span_id END,
    root_ended = t.root_ended OR r.root_ended,
    name = CASE WHEN {BETTER} THEN r.name ELSE t.name END,
    name_rank = least(t.name_rank, r.name_rank),
    is_error = CASE WHEN r.name_rank = 0 AND {BETTER} THEN r.is_error
        WHEN t.name_rank = 0 THEN t.is_error ELSE t.is_error OR r.is_error END,
    error_count = t.error_count + r.error_count,
    span_count = t.span_count + r.span_count,
    llm_count = t.llm_count + r.llm_count,
    tool_count = t.tool_count + r.tool_count,
    input_tokens = coalesce(t.input_tokens + r.input_tokens, t.input_tokens, r.input_tokens),
    output_tokens = coalesce(t.output_tokens + r.output_tokens, t.output_tokens, r.output_tokens),
    cost_usd = coalesce(t.cost_usd + r.cost_usd, t.cost_usd, r.cost_usd),
    agent_id = CASE WHEN {BETTER} THEN coalesce(r.agent_id, t.agent_id)
        ELSE coalesce(t.agent_id, r.agent_id) END,
    session_id = CASE WHEN r.session_from_root AND {BETTER} THEN r.session_id
        ELSE coalesce(t.session_id, r.session_id) END,
    user_id = coalesce(t.user_id, r.user_id),
    model = coalesce(t.model, r.model),
    provider = coalesce(t.provider, r.provider),
    service = coalesce(t.service, r.service),
    environment = coalesce(t.environment, r.environment),
    tags = ARRAY(SELECT DISTINCT unnest(t.tags || r.tags) ORDER BY 1 LIMIT 30),
    metadata = CASE WHEN {BETTER} THEN t.metadata || r.metadata ELSE r.metadata || t.metadata END,
    input_preview = CASE WHEN {BETTER} THEN coalesce(r.input_preview, t.input_preview)
        ELSE coalesce(t.input_preview, r.input_preview) END,
    output_preview = CASE WHEN {BETTER} THEN coalesce(r.output_preview, t.output_preview)
        ELSE coalesce(t.output_preview, r.output_preview) END
FROM json_to_recordset(%s) AS r({COLUMNS})
WHERE t.project_id = %s AND t.trace_id = r.trace_id
"""

#: The session of a trace's agents is the trace's own, which this transaction has locked.
LINK_AGENTS = """
INSERT INTO agent_trace (project_id, agent_id, trace_id, start_time, session_id, session_key)
SELECT t.project_id, r.agent_id, r.trace_id, t.start_time, t.session_id,
    md5(r.agent_id || ':' || t.session_id)::uuid
FROM json_to_recordset(%s) AS r(trace_id uuid, agent_id bigint)
CROSS JOIN LATERAL (
    SELECT project_id, start_time, session_id FROM trace
    WHERE project_id = %s AND trace_id = r.trace_id OFFSET 0) t
ORDER BY r.agent_id, r.trace_id
ON CONFLICT (project_id, agent_id, trace_id) DO NOTHING
"""

RELINK_AGENTS = """
UPDATE agent_trace a SET start_time = t.start_time, session_id = t.session_id,
    session_key = md5(a.agent_id || ':' || t.session_id)::uuid
FROM trace t
WHERE t.project_id = %s AND t.trace_id = ANY(%s)
  AND a.project_id = t.project_id AND a.trace_id = t.trace_id
  AND (a.session_id IS DISTINCT FROM t.session_id OR a.start_time <> t.start_time)
"""

#: A session that was touched less than a second ago is left alone: the senders of a busy
#: session would queue for its row until the other's commit. Settling its traces brings its
#: times up to the last microsecond.
TOUCH_SESSIONS = """
INSERT INTO session AS s (project_id, key, agent_id, session_id, user_id, start_time, end_time,
    last_received_at, due_at, is_uploaded, revision)
SELECT a.project_id, a.session_key, min(a.agent_id), min(a.session_id), min(t.user_id),
    min(t.start_time), max(t.end_time), %s, %s, bool_and(t.is_uploaded), 0
FROM unnest(%s::uuid[]) AS r(trace_id)
CROSS JOIN LATERAL (
    SELECT project_id, user_id, start_time, end_time, is_uploaded FROM trace
    WHERE project_id = %s AND trace_id = r.trace_id OFFSET 0) t
CROSS JOIN LATERAL (
    SELECT project_id, agent_id, session_id, session_key FROM agent_trace
    WHERE project_id = t.project_id AND trace_id = r.trace_id OFFSET 0) a
WHERE a.session_key IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM session k WHERE k.project_id = a.project_id AND k.key = a.session_key
    AND k.settled_at IS NULL AND k.last_received_at > %s - interval '1 second')
GROUP BY a.project_id, a.session_key
ORDER BY a.session_key
ON CONFLICT (project_id, key) DO UPDATE SET
    user_id = coalesce(s.user_id, EXCLUDED.user_id),
    start_time = least(s.start_time, EXCLUDED.start_time),
    end_time = greatest(s.end_time, EXCLUDED.end_time),
    last_received_at = greatest(s.last_received_at, EXCLUDED.last_received_at),
    due_at = EXCLUDED.due_at,
    is_uploaded = EXCLUDED.is_uploaded AND (s.is_uploaded OR s.settled_at IS NOT NULL),
    settled_at = NULL
"""
