"""Traffic from files: lines of OTLP in JSON, OTLP in protobuf, flat span lines."""
