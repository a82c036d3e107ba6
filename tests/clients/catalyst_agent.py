"""An application that uses catalyst-tracing as its README shows."""

from catalyst_tracing import agent_span, setup

tracing = setup()

with agent_span(
    tracing.tracer,
    agent_id="refund-review-agent",
    agent_name="Refund Review Agent",
    span_name="refund-review.run",
    session_id="conversation-1842",
    user_id="user-7723",
    agent_role="refunds",
    system="internal",
    metadata={"queue": "priority"},
    tags=["refunds", "beta"],
) as span:
    span.set_input("Review refund request #1842")
    with agent_span(tracing.tracer, span_name="check-policy") as inner:
        inner.set_input("Is #1842 within 30 days?")
        inner.set_output("Yes, 12 days.")
    span.set_output("Approved: within 30 days.")
    span.record_tokens(prompt=820, completion=160)

tracing.shutdown()
