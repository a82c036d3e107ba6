"""The statements of settling. Traces are locked first, then sessions in order of their key."""

from __future__ import annotations

#: Agents that only a span's name or the service names are made before any trace is locked, as
#: writers do it. A row for each span whose name may tell.
WITHOUT_AGENT = """
WITH due AS (
    SELECT project_id, trace_id, start_time, end_time, service, agent_id FROM trace
    WHERE due_at <= %s ORDER BY due_at LIMIT %s
)
SELECT d.project_id, d.trace_id, d.service, s.span_id, s.parent_span_id, s.name, s.kind, s.start_us,
    s.is_judge
FROM due d
LEFT JOIN LATERAL (
    SELECT span_id, parent_span_id, name, kind, flags & 4 <> 0 AS is_judge,
        (extract(epoch FROM start_time) * 1000000)::bigint AS start_us
    FROM span
    WHERE project_id = d.project_id AND trace_id = d.trace_id
        AND start_time BETWEEN d.start_time AND d.end_time
        AND (kind = 'agent' OR parent_span_id IS NULL)
    OFFSET 0) s ON true
WHERE d.agent_id IS NULL
"""

#: Revision first, what the trace said when it was claimed after it.
CLAIM = """
SELECT project_id, trace_id, revision, agent_id, session_id, user_id, service, span_count,
    is_uploaded
FROM trace
WHERE due_at <= %s
ORDER BY due_at
LIMIT %s
FOR UPDATE SKIP LOCKED
"""

SPANS = """
SELECT s.trace_id, s.span_id, s.parent_span_id, s.name, s.kind,
    (extract(epoch FROM s.start_time) * 1000000)::bigint,
    (extract(epoch FROM s.end_time) * 1000000)::bigint,
    s.is_error, s.flags & 4 <> 0, s.flags & 8 <> 0, s.agent_id, s.session_id, s.user_id,
    s.model, s.provider, s.service,
    s.environment, s.input_tokens, s.output_tokens, s.cost_usd
FROM trace t
JOIN span s ON s.project_id = t.project_id AND s.trace_id = t.trace_id
    AND s.start_time BETWEEN t.start_time AND t.end_time
WHERE t.project_id = %s AND t.trace_id = ANY(%s)
ORDER BY s.trace_id, s.start_time, s.span_id
"""

PAYLOADS = """
SELECT r.trace_id, r.span_id, s.kind, s.payload, l.logs
FROM json_to_recordset(%s) AS r(trace_id uuid, span_id bigint, start_time timestamptz)
JOIN span s ON s.project_id = %s AND s.trace_id = r.trace_id AND s.span_id = r.span_id
    AND s.start_time = r.start_time
LEFT JOIN LATERAL (
    SELECT array_agg(l.payload ORDER BY l.time_ns, l.received_at, l.position) AS logs
    FROM span_log l
    WHERE l.project_id = s.project_id AND l.trace_id = s.trace_id AND l.span_id = s.span_id
) l ON true
"""

BACK_FILL = """
UPDATE span s SET agent_id = r.agent_id, session_id = r.session_id, user_id = r.user_id
FROM json_to_recordset(%s) AS r(trace_id uuid, span_id bigint, start_time timestamptz,
    agent_id bigint, session_id text, user_id text)
WHERE s.project_id = %s AND s.trace_id = r.trace_id AND s.span_id = r.span_id
    AND s.start_time = r.start_time
"""

SETTLE = """
UPDATE trace t SET due_at = NULL, settled_at = %s, revision = t.revision + 1,
    agent_id = r.agent_id, session_id = r.session_id, user_id = r.user_id,
    model = r.model, provider = r.provider, service = r.service, environment = r.environment,
    name = r.name, is_error = r.is_error, error_count = r.error_count,
    span_count = r.span_count, llm_count = r.llm_count, tool_count = r.tool_count,
    input_tokens = r.input_tokens, output_tokens = r.output_tokens, cost_usd = r.cost_usd,
    start_time = r.start_time, end_time = r.end_time,
    input_preview = r.asked, output_preview = r.answered,
    search = to_tsvector('simple', r.text)
FROM json_to_recordset(%s) AS r(trace_id uuid, agent_id bigint, session_id text, user_id text,
    model text, provider text, service text, environment text, name text, is_error boolean,
    error_count int, span_count int, llm_count int, tool_count int, input_tokens bigint,
    output_tokens bigint, cost_usd double precision, start_time timestamptz,
    end_time timestamptz, asked text, answered text, text text)
WHERE t.project_id = %s AND t.trace_id = r.trace_id
"""

LINK = """
INSERT INTO agent_trace AS a (project_id, agent_id, trace_id, session_id, session_key,
    start_time, duration_ms, is_error, span_count, llm_count, input_tokens, output_tokens,
    cost_usd)
SELECT %s, r.agent_id, r.trace_id, r.session_id, md5(r.agent_id || ':' || r.session_id)::uuid,
    r.start_time, r.duration_ms, r.is_error, r.span_count, r.llm_count, r.input_tokens,
    r.output_tokens, r.cost_usd
FROM json_to_recordset(%s) AS r(agent_id bigint, trace_id uuid, session_id text,
    start_time timestamptz, duration_ms double precision, is_error boolean, span_count int,
    llm_count int, input_tokens bigint, output_tokens bigint, cost_usd double precision)
ORDER BY r.agent_id, r.trace_id
ON CONFLICT (project_id, agent_id, trace_id) DO UPDATE SET
    session_id = EXCLUDED.session_id, session_key = EXCLUDED.session_key,
    start_time = EXCLUDED.start_time, duration_ms = EXCLUDED.duration_ms,
    is_error = EXCLUDED.is_error, span_count = EXCLUDED.span_count,
    llm_count = EXCLUDED.llm_count, input_tokens = EXCLUDED.input_tokens,
    output_tokens = EXCLUDED.output_tokens, cost_usd = EXCLUDED.cost_usd
"""

#: Agents that became others, and which.
GONE = """
SELECT source_id, target_id FROM traces_agentmerge
WHERE project_id = %s AND undone_at IS NULL AND source_id = ANY(%s)
"""

NAMED = """
SELECT id, identity, coalesce(nullif(said_name, ''), name) FROM traces_agent
WHERE project_id = %s AND id = ANY(%s)
"""

UNLINK = """
DELETE FROM agent_trace a USING json_to_recordset(%s) AS r(trace_id uuid, agent_id bigint)
WHERE a.project_id = %s AND a.trace_id = r.trace_id AND a.agent_id = r.agent_id
"""

UNLINK_GONE = """
DELETE FROM agent_trace WHERE project_id = %s AND trace_id = ANY(%s) AND agent_id = ANY(%s)
"""

#: A trace whose partition retention has dropped has nothing to judge.
LEAVE_EMPTY = "UPDATE trace SET due_at = NULL WHERE project_id = %s AND trace_id = ANY(%s)"

#: A session that this trace was not known to belong to when it came in waits again.
SESSIONS = """
INSERT INTO session AS s (project_id, key, agent_id, session_id, user_id, start_time, end_time,
    last_received_at, due_at, is_uploaded, revision)
SELECT a.project_id, a.session_key, min(a.agent_id), min(a.session_id), min(t.user_id),
    min(t.start_time), max(t.end_time), max(t.last_received_at),
    max(t.last_received_at) + coalesce(min(p.session_idle_s), %s) * interval '1 second',
    bool_and(t.is_uploaded), 0
FROM trace t
JOIN agent_trace a ON a.project_id = t.project_id AND a.trace_id = t.trace_id
JOIN teams_project p ON p.id = t.project_id
WHERE t.project_id = %s AND t.trace_id = ANY(%s) AND a.session_key IS NOT NULL
GROUP BY a.project_id, a.session_key
ORDER BY a.session_key
ON CONFLICT (project_id, key) DO UPDATE SET
    user_id = coalesce(s.user_id, EXCLUDED.user_id),
    start_time = least(s.start_time, EXCLUDED.start_time),
    end_time = greatest(s.end_time, EXCLUDED.end_time),
    last_received_at = greatest(s.last_received_at, EXCLUDED.last_received_at),
    due_at = CASE WHEN EXCLUDED.last_received_at > s.last_received_at THEN EXCLUDED.due_at
        ELSE s.due_at END,
    settled_at = CASE WHEN EXCLUDED.last_received_at > s.last_received_at THEN NULL
        ELSE s.settled_at END,
    is_uploaded = CASE WHEN EXCLUDED.last_received_at > s.last_received_at
        THEN EXCLUDED.is_uploaded AND (s.is_uploaded OR s.settled_at IS NOT NULL)
        ELSE s.is_uploaded END
WHERE s.start_time > EXCLUDED.start_time OR s.end_time < EXCLUDED.end_time
    OR s.last_received_at < EXCLUDED.last_received_at OR s.user_id IS NULL
"""

#: A session is left without traces when the root of its only one names another, later. One of an
#: agent that is on its way to another waits until it is there.
CLAIM_SESSIONS = """
WITH due AS (
    SELECT project_id, key FROM session
    WHERE due_at <= %s AND NOT EXISTS (
        SELECT 1 FROM traces_agentmerge m
        WHERE m.project_id = session.project_id AND m.source_id = session.agent_id
            AND m.undone_at IS NULL)
    ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
), empty AS (
    DELETE FROM session s USING due d
    WHERE s.project_id = d.project_id AND s.key = d.key AND NOT EXISTS (
        SELECT 1 FROM agent_trace a WHERE a.project_id = d.project_id AND a.session_key = d.key)
    RETURNING s.project_id, s.key
)
UPDATE session s SET due_at = NULL, settled_at = %s, revision = s.revision + 1
FROM due d
WHERE s.project_id = d.project_id AND s.key = d.key AND EXISTS (
    SELECT 1 FROM agent_trace a WHERE a.project_id = d.project_id AND a.session_key = d.key)
RETURNING s.project_id, s.key, s.agent_id, s.revision, s.start_time, s.end_time,
    s.is_uploaded
"""

MODEL_CALLS = """
SELECT s.trace_id, s.span_id, s.agent_id, s.start_time, coalesce(l.revision, 0) + 1
FROM trace t
JOIN span s ON s.project_id = t.project_id AND s.trace_id = t.trace_id
    AND s.start_time BETWEEN t.start_time AND t.end_time
LEFT JOIN LATERAL (
    SELECT max(l.revision) AS revision FROM span_log l
    WHERE l.project_id = s.project_id AND l.trace_id = s.trace_id AND l.span_id = s.span_id
) l ON true
WHERE t.project_id = %s AND t.trace_id = ANY(%s)
  AND s.kind = 'llm' AND s.flags & 4 = 0 AND s.agent_id IS NOT NULL
ORDER BY s.start_time, s.trace_id, s.span_id
"""
