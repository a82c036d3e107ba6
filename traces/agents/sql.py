"""The statements that let the traffic of an agent follow it to another, a batch at a time.

Locks are taken as ingest takes them: traces, then sessions, each in order of the key.
"""

from __future__ import annotations

#: Newest first: what people look at.
TRACES_OF = """
SELECT a.trace_id, coalesce(t.span_count, 0)
FROM (
    SELECT project_id, trace_id, start_time FROM agent_trace
    WHERE project_id = %s AND agent_id = %s ORDER BY start_time DESC, trace_id LIMIT %s) a
LEFT JOIN trace t ON t.project_id = a.project_id AND t.trace_id = a.trace_id
ORDER BY a.start_time DESC, a.trace_id
"""

NOTED_TRACES = """
SELECT m.key, coalesce(t.span_count, 0)
FROM (
    SELECT project_id, key FROM agent_moved
    WHERE project_id = %s AND merge_id = %s AND kind = 't' ORDER BY key LIMIT %s) m
LEFT JOIN trace t ON t.project_id = m.project_id AND t.trace_id = m.key
ORDER BY m.key
"""

LOCK_TRACES = """
SELECT 1 FROM trace WHERE project_id = %s AND trace_id = ANY(%s) ORDER BY trace_id FOR UPDATE
"""

MOVE_SPANS = """
UPDATE span s SET agent_id = %s
FROM trace t
WHERE t.project_id = %s AND t.trace_id = ANY(%s)
  AND s.project_id = t.project_id AND s.trace_id = t.trace_id
  AND s.start_time BETWEEN t.start_time AND t.end_time AND s.agent_id = %s
RETURNING s.trace_id, s.span_id
"""

MOVE_SPANS_BACK = """
UPDATE span s SET agent_id = %s
FROM trace t
JOIN json_to_recordset(%s) AS r(trace_id uuid, span_id bigint) ON r.trace_id = t.trace_id
WHERE t.project_id = %s
  AND s.project_id = t.project_id AND s.trace_id = t.trace_id AND s.span_id = r.span_id
  AND s.start_time BETWEEN t.start_time AND t.end_time AND s.agent_id = %s
"""

MOVE_OWN = """
UPDATE trace SET agent_id = %s
WHERE project_id = %s AND trace_id = ANY(%s) AND agent_id = %s
RETURNING trace_id
"""

#: A trace may move again, with spans that came in later.
NOTE_TRACES = """
INSERT INTO agent_moved AS m (project_id, merge_id, kind, key, data)
SELECT %s, %s, 't', r.key, r.data FROM json_to_recordset(%s) AS r(key uuid, data jsonb)
ORDER BY r.key
ON CONFLICT (project_id, merge_id, kind, key) DO UPDATE SET data = jsonb_build_object(
    'spans', (m.data->'spans') || (EXCLUDED.data->'spans'),
    'is_own', (m.data->>'is_own')::boolean OR (EXCLUDED.data->>'is_own')::boolean)
"""

#: Rows of traces whose spans are gone already. What is in the way is the same trace's.
RENAME_LINKS = """
UPDATE agent_trace a SET agent_id = %s, session_key = md5(%s || ':' || a.session_id)::uuid
WHERE a.project_id = %s AND a.trace_id = ANY(%s) AND a.agent_id = %s AND NOT EXISTS (
    SELECT 1 FROM agent_trace b
    WHERE b.project_id = a.project_id AND b.trace_id = a.trace_id AND b.agent_id = %s)
"""

#: Sessions of an agent that these traces are in, and whose they become.
SESSIONS_OF = """
SELECT s.key, md5(%s || ':' || s.session_id)::uuid, s.session_id, s.revision, s.settled_at
FROM session s
WHERE s.project_id = %s AND s.key IN (
    SELECT md5(%s || ':' || t.session_id)::uuid FROM trace t
    WHERE t.project_id = %s AND t.trace_id = ANY(%s) AND t.session_id IS NOT NULL)
"""

LOCK_SESSIONS = """
SELECT 1 FROM session WHERE project_id = %s AND key = ANY(%s) ORDER BY key FOR UPDATE
"""

#: Two sessions of one id become one: it waits if one of them does, and goes on counting from the
#: higher revision, so that no revision is judged twice.
CARRY_SESSIONS = """
INSERT INTO session AS s (project_id, key, agent_id, session_id, user_id, start_time, end_time,
    last_received_at, due_at, settled_at, is_uploaded, revision)
SELECT o.project_id, md5(%s || ':' || o.session_id)::uuid, %s, o.session_id, o.user_id,
    o.start_time, o.end_time, o.last_received_at, o.due_at, o.settled_at, o.is_uploaded,
    o.revision
FROM session o WHERE o.project_id = %s AND o.key = ANY(%s)
ORDER BY 2
ON CONFLICT (project_id, key) DO UPDATE SET
    user_id = coalesce(s.user_id, EXCLUDED.user_id),
    start_time = least(s.start_time, EXCLUDED.start_time),
    end_time = greatest(s.end_time, EXCLUDED.end_time),
    last_received_at = greatest(s.last_received_at, EXCLUDED.last_received_at),
    due_at = greatest(s.due_at, EXCLUDED.due_at),
    settled_at = CASE WHEN s.due_at IS NULL AND EXCLUDED.due_at IS NULL
        THEN greatest(s.settled_at, EXCLUDED.settled_at) END,
    is_uploaded = s.is_uploaded AND EXCLUDED.is_uploaded,
    revision = greatest(s.revision, EXCLUDED.revision)
"""

DROP_EMPTY_SESSIONS = """
DELETE FROM session s WHERE s.project_id = %s AND s.key = ANY(%s) AND NOT EXISTS (
    SELECT 1 FROM agent_trace a WHERE a.project_id = s.project_id AND a.session_key = s.key)
"""

#: The times of sessions that lost a part, by the traces that they still have.
TIGHTEN_SESSIONS = """
UPDATE session s SET start_time = r.start_time, end_time = r.end_time
FROM (
    SELECT a.session_key, min(t.start_time) AS start_time, max(t.end_time) AS end_time
    FROM agent_trace a
    JOIN trace t ON t.project_id = a.project_id AND t.trace_id = a.trace_id
    WHERE a.project_id = %s AND a.session_key = ANY(%s)
    GROUP BY a.session_key) r
WHERE s.project_id = %s AND s.key = r.session_key
"""

NOTE_SESSIONS = """
INSERT INTO agent_moved (project_id, merge_id, kind, key, data)
SELECT %s, %s, 's', r.key, r.data FROM json_to_recordset(%s) AS r(key uuid, data jsonb)
ORDER BY r.key
ON CONFLICT (project_id, merge_id, kind, key) DO NOTHING
"""

#: What was noted of a session when it moved holds again, unless traffic came in since.
RECALL_SESSIONS = """
UPDATE session s SET revision = (m.data->>'revision')::int,
    settled_at = (m.data->>'settled_at')::timestamptz, due_at = NULL
FROM agent_moved m
WHERE s.project_id = %s AND s.key = ANY(%s) AND m.project_id = s.project_id AND m.merge_id = %s
  AND m.kind = 's' AND m.key = s.key AND m.data->>'settled_at' IS NOT NULL
  AND s.last_received_at < %s
"""

#: The time of receipt of a session that was parted is that of its own traces.
RECEIVED_SESSIONS = """
UPDATE session s SET last_received_at = r.at
FROM (
    SELECT a.session_key, max(t.last_received_at) AS at
    FROM agent_trace a
    JOIN trace t ON t.project_id = a.project_id AND t.trace_id = a.trace_id
    WHERE a.project_id = %s AND a.session_key = ANY(%s)
    GROUP BY a.session_key) r
WHERE s.project_id = %s AND s.key = r.session_key
"""
