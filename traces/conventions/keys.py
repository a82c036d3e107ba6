"""The attribute map as data: which key means what, in which order, in which convention.

Fields read from the first key that holds something. Sources: OpenTelemetry GenAI semantic
conventions (current and v1.28-v1.36), OpenInference, OpenLLMetry (Traceloop), Vercel AI SDK
4-7, Langfuse, Pydantic-AI and Logfire, LangSmith, MLflow, Google ADK, Strands, LiveKit,
inference.net; each checked against what their SDKs put on the wire.
"""

from __future__ import annotations

#: Where exporters put the metadata that LangChain gives to a run; "metadata" itself is JSON.
LANGCHAIN_METADATA = (
    "",
    "metadata.",
    "langsmith.metadata.",
    "langfuse.observation.metadata.",
    "langfuse.trace.metadata.",
    "traceloop.association.properties.",
    "lmnr.association.properties.",
)

#: field -> keys, best first. Fields that are not columns of SpanFields are steps on the way.
FIELD_KEYS: dict[str, tuple[str, ...]] = {
    "agent_id": (
        "agent.id",
        "gen_ai.agent.id",
        "cursor.agent_id",
        "elevenlabs.agent_id",
    ),
    "agent_name": (
        "agent.name",
        "gen_ai.agent.name",
        "inference.agent_name",
        "agent_name",  # pydantic-ai 1
    ),
    # Names that are an agent's only under a condition, or only when nothing better is there.
    "entity_name": (
        "traceloop.entity.name",
        "mastra.entity.name",
        "graph.node.name",  # OpenInference: agno
        "graph.node.id",  # OpenInference: CrewAI, AutoGen
    ),
    "late_agent_name": (
        "ai.telemetry.functionId",
        "lk.agent_name",
        # What LangChain writes into the metadata of an agent's spans, as each exporter spells it.
        *(f"{prefix}lc_agent_name" for prefix in LANGCHAIN_METADATA),
    ),
    "root_agent_name": ("langsmith.trace.name",),
    "session_id": (
        "session.id",
        "langfuse.session.id",
        "gen_ai.conversation.id",
        "traceloop.association.properties.session_id",
        "lmnr.association.properties.session_id",
        "ai.telemetry.metadata.sessionId",
        "ai.telemetry.metadata.session_id",
        "ai.telemetry.metadata.threadId",
        "ai.settings.context.sessionId",
        "langsmith.metadata.session_id",
        "langsmith.metadata.thread_id",
        "langsmith.metadata.conversation_id",
        "gcp.vertex.agent.session_id",
        "mlflow.trace.session",
        "inference.session_id",
        "langfuse.trace.metadata.langfuse_session_id",
        "langfuse.observation.metadata.langfuse_session_id",
        "group_id",  # Logfire's bridge of the OpenAI Agents SDK
        "gen_ai.session.id",
        "wandb.thread_id",
        "thread_id",
        "session_id",
        "conversation.id",
        "conversation_id",
        "chat.id",
        "chat_id",
        "cursor.run_id",
        "elevenlabs.conversation_id",
        "mastra.metadata.sessionId",
        "mastra.metadata.session_id",
        "mastra.metadata.threadId",
        "mastra.metadata.thread_id",
        # Not langsmith.trace.session_id: that is LangSmith's word for a project.
    ),
    "user_id": (
        "user.id",
        "langfuse.user.id",
        "traceloop.association.properties.user_id",
        "lmnr.association.properties.user_id",
        "ai.telemetry.metadata.userId",
        "ai.telemetry.metadata.user_id",
        "ai.settings.context.userId",
        "langsmith.metadata.user_id",
        "gen_ai.request.user",
        "gen_ai.user",
        "enduser.id",
        "inference.user_id",
        "mlflow.trace.user",
        "llm.user",  # litellm
        "litellm.end_user.id",
        "mastra.metadata.userId",
        "mastra.metadata.user_id",
        "mastra.metadata.resourceId",  # whose memory it is
        "mastra.metadata.resource_id",
    ),
    "model": (
        "gen_ai.response.model",
        "ai.response.model",
        "llm.response.model_name",
        "langfuse.observation.model.name",
        "gen_ai.request.model",
        "llm.model_name",
        "llm.request.model_name",
        "ai.model.id",
        "embedding.model_name",
        "reranker.model_name",
        "mlflow.llm.model",
        "model_name",  # pydantic-ai 1
        "model",  # Claude Code, with ANSI colours
        "langsmith.metadata.ls_model_name",
    ),
    "provider": (
        "gen_ai.provider.name",
        "gen_ai.system",
        "llm.provider",
        "llm.system",
        "ai.model.provider",
        "mlflow.llm.provider",
        "langsmith.metadata.ls_provider",
    ),
    "tool_name": ("gen_ai.tool.name", "tool.name", "ai.toolCall.name"),
    "kind": (
        "langfuse.observation.type",
        "inference.observation_kind",
        "inference.observation.kind",
        "openinference.span.kind",
        # Before gen_ai.operation.name, where LangSmith writes retrievers as embeddings.
        "langsmith.span.kind",
        "gen_ai.operation.name",
        "traceloop.span.kind",
        "llm.request.type",
        "ai.operationId",
        "operation.name",
        "mlflow.spanType",
    ),
    "input_tokens": (
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "inference.llm.input_tokens",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
        "ai.usage.outputTokens",
        "ai.usage.completionTokens",
        "inference.llm.output_tokens",
    ),
    "total_tokens": (
        "llm.token_count.total",
        "gen_ai.usage.total_tokens",
        "llm.usage.total_tokens",
        "ai.usage.totalTokens",
        "ai.usage.tokens",  # embeddings
    ),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cached_input_tokens",  # Mastra
        "llm.token_count.prompt_details.cache_read",
        "ai.usage.cachedInputTokens",
        "ai.usage.inputTokenDetails.cacheReadTokens",
        "gen_ai.usage.details.cache_read_tokens",
    ),
    "cache_write_tokens": (
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.cache_write_input_tokens",
        "llm.token_count.prompt_details.cache_write",
        "ai.usage.inputTokenDetails.cacheWriteTokens",
        "gen_ai.usage.details.cache_write_tokens",
    ),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "llm.token_count.completion_details.reasoning",
        "ai.usage.reasoningTokens",
        "ai.usage.outputTokenDetails.reasoningTokens",
        "gen_ai.usage.details.reasoning_tokens",
    ),
    "usage_json": (
        "langfuse.observation.usage_details",
        "mlflow.chat.tokenUsage",
        "langsmith.usage_metadata",
    ),
    # LangSmith: Python's repr of LangChain's UsageMetadata, whose details are parts.
    "input_details": ("gen_ai.usage.input_token_details",),
    "output_details": ("gen_ai.usage.output_token_details",),
    "cost_usd": (
        "llm.cost.total",
        "gen_ai.usage.cost",
        "gen_ai.usage.total_cost",
        "gen_ai.cost.total_cost",  # litellm
        "litellm.cost.total",
        "operation.cost",  # pydantic-ai
    ),
    "input_cost_usd": (
        "llm.cost.prompt",
        "gen_ai.usage.input_cost",
        "gen_ai.cost.input_cost",
        "litellm.cost.input",
    ),
    "output_cost_usd": (
        "llm.cost.completion",
        "gen_ai.usage.output_cost",
        "gen_ai.cost.output_cost",
        "litellm.cost.output",
    ),
    "cost_json": ("langfuse.observation.cost_details", "mlflow.llm.cost"),
    "error_type": ("error.type", "exception.type", "tool.error_type"),
    "error_message": (
        "langfuse.observation.status_message",
        "error.message",
        "exception.message",
    ),
    "langfuse_level": ("langfuse.observation.level",),
    "tool_status": ("gen_ai.tool.status",),
    "tool_success": ("gen_ai.tool.success",),  # Mastra
    "environment": (
        "deployment.environment.name",
        "deployment.environment",  # the old name, which catalyst-tracing emits on purpose
        "langfuse.environment",
    ),
    "service": ("service.name",),
    "tags": (
        "tag.tags",
        "langfuse.trace.tags",
        "langsmith.span.tags",
        "ai.telemetry.metadata.tags",
        "tags",
    ),
    "metadata_json": ("metadata", "langfuse.trace.metadata"),
    "span_type": ("logfire.span_type",),
    "judge": ("signals.judge",),
}

#: Keys of a resource that speak for each of its spans, when the span itself is silent.
RESOURCE_FIELDS = (
    "service",
    "environment",
    "agent_id",
    "agent_name",
    "session_id",
    "user_id",
    "judge",
)

#: prefix -> the rest of the key is a name in the metadata of the trace.
METADATA_PREFIXES = (
    "langfuse.trace.metadata.",
    "traceloop.association.properties.",
    "lmnr.association.properties.",
    "langsmith.metadata.",
    "ai.telemetry.metadata.",
    "ai.settings.context.",
    "mastra.metadata.",
)

#: What a span must be that names no kind, by a key that it holds; first of these wins.
AGENT_HINTS = ("pydantic_ai.all_messages", "all_messages_events")
TOOL_HINTS = ("gen_ai.tool.name", "ai.toolCall.name", "tool.name")
EMBEDDING_HINTS = ("embedding.model_name",)
RERANKER_HINTS = ("reranker.model_name",)
LLM_HINTS = (
    "gen_ai.response.model",
    "gen_ai.request.model",
    "ai.response.model",
    "llm.response.model_name",
    "llm.model_name",
    "llm.request.model_name",
    "ai.model.id",
    "langfuse.observation.model.name",
    "mlflow.llm.model",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.prompt.0.role",
    "gen_ai.prompt.0.content",
    "gen_ai.completion.0.content",
    "llm.input_messages",
    "llm.input_messages.0.message.role",
    "llm.output_messages.0.message.role",
    "ai.prompt.messages",
)

#: The words of all conventions, in lower case -> one of records.KINDS.
KIND_WORDS: dict[str, str] = {
    # agents
    "agent": "agent",
    "invoke_agent": "agent",
    "create_agent": "agent",
    "plan": "agent",
    # model calls
    "llm": "llm",
    "chat": "llm",
    "chat_model": "llm",
    "text_completion": "llm",
    "generate_content": "llm",
    "completion": "llm",
    "generate": "llm",
    "generation": "llm",
    "call_llm": "llm",
    # tools
    "tool": "tool",
    "execute_tool": "tool",
    "function": "tool",
    # steps
    "chain": "chain",
    "workflow": "chain",
    "task": "chain",
    "agent_step": "chain",
    "invoke_workflow": "chain",
    "execute_event_loop_cycle": "chain",  # Strands
    # the rest
    "retriever": "retriever",
    "retrieval": "retriever",
    "search_memory": "retriever",
    "embedding": "embedding",
    "embeddings": "embedding",
    "reranker": "reranker",
    "rerank": "reranker",
    "guardrail": "guardrail",
    "evaluator": "evaluator",
    "prompt": "prompt",
}

#: Words that say "none of the kinds": a better word elsewhere wins, a guess does not.
OTHER_WORDS = frozenset(
    {
        "unknown",
        "other",
        "span",
        "event",
        "parser",
        "memory",
        "create_memory",
        "update_memory",
        "upsert_memory",
        "delete_memory",
        "create_memory_store",
        "delete_memory_store",
    }
)

PROVIDER_ALIASES = {
    "az.ai.openai": "azure.ai.openai",
    "vertex_ai": "gcp.vertex_ai",
    "gemini": "gcp.gemini",
    "xai": "x_ai",
}

#: Frameworks that name themselves where the model's provider belongs.
FRAMEWORKS = frozenset({"strands-agents", "langchain", "gcp.vertex.agent"})

#: The Vercel AI SDK names the API as well: "openai.responses", "anthropic.messages".
PROVIDER_SUFFIXES = (".chat", ".messages", ".responses", ".generative-ai", ".embed", ".embedding")
