"""An application that calls a model server through `openai`, instrumented by OpenInference.

The first argument is the model server's address; endpoint and key come from the environment.
"""

import sys

from openai import OpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
OpenAIInstrumentor().instrument(tracer_provider=provider)

client = OpenAI(base_url=sys.argv[1], api_key="not-needed")
with using_attributes(session_id="conversation-9", user_id="grace"):
    client.chat.completions.create(
        model="little-model",
        messages=[
            {"role": "system", "content": "You book trains."},
            {"role": "user", "content": "Two tickets to Bergen, please."},
        ],
    )

provider.shutdown()
