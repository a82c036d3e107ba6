"""An application with the plain OpenTelemetry SDK; its argument names the exporter."""

import sys
from contextlib import suppress

from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter as JsonExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ProtoExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

EXPORTERS = {"protobuf": ProtoExporter, "json": JsonExporter}

provider = TracerProvider(resource=Resource.create({"service.name": "weather"}))
provider.add_span_processor(BatchSpanProcessor(EXPORTERS[sys.argv[1]]()))
tracer = provider.get_tracer("weather.app", "1.0")

with tracer.start_as_current_span(
    "invoke_agent forecaster",
    attributes={
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "forecaster",
        "gen_ai.conversation.id": "conversation-7",
        "user.id": "ada",
    },
):
    with tracer.start_as_current_span(
        "chat gpt-5.4-mini",
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-5.4-mini",
            "gen_ai.usage.input_tokens": 31,
            "gen_ai.usage.output_tokens": 7,
            "gen_ai.input.messages": '[{"role": "user", "parts": '
            '[{"type": "text", "content": "Rain in Oslo tomorrow?"}]}]',
            "gen_ai.output.messages": '[{"role": "assistant", "finish_reason": "stop", "parts": '
            '[{"type": "text", "content": "Yes, from noon."}]}]',
        },
    ):
        pass
    # An exception that leaves the span: the SDK records it and sets the status.
    with (
        suppress(TimeoutError),
        tracer.start_as_current_span(
            "execute_tool radar",
            attributes={"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "radar"},
        ),
    ):
        raise TimeoutError("the radar did not answer")

provider.shutdown()
