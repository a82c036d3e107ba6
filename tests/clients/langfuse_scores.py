"""What a user of Langfuse's SDK does beside tracing: checks the keys, and scores a trace.

Run in an environment of its own. LANGFUSE_HOST and the keys come from the environment, the ids
of the trace and its span as arguments.
"""

import sys

from langfuse import Langfuse

trace_id, span_id = sys.argv[1:]
client = Langfuse()
assert client.auth_check()
about = {"trace_id": trace_id}
client.create_score(name="Polite", value=1, data_type="BOOLEAN", comment="By hand.", **about)
client.create_score(
    name="Outcome", value="failed", observation_id=span_id, score_id="mine", **about
)
client.create_score(name="Outcome", value="completed", session_id="s1", data_type="CATEGORICAL")
client.create_score(name="accuracy", value=0.9, **about)
client.flush()
