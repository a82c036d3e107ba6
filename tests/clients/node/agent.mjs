// An application that uses @inference/tracing as its README shows: only the
// endpoint and the key come from the environment.
import { agentSpan, setup } from "@inference/tracing";

const tracing = await setup();

await agentSpan(
  {
    agentId: "refund-review-agent",
    agentName: "Refund Review Agent",
    spanName: "refund-review.run",
    sessionId: "conversation-1842",
    userId: "user-7723",
    role: "refunds",
    system: "internal",
    metadata: { queue: "priority" },
    tags: ["refunds", "beta"],
  },
  async (span) => {
    span.setInput("Review refund request #1842");
    await agentSpan({ agentName: "Refund Review Agent", spanName: "check-policy" }, async (inner) => {
      inner.setInput("Is #1842 within 30 days?");
      inner.setOutput("Yes, 12 days.");
    });
    span.setOutput("Approved: within 30 days.");
    span.recordTokens({ prompt: 820, completion: 160 });
  },
);

await tracing.shutdown();
