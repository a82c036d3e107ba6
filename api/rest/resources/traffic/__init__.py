"""What agents did: traces, spans and sessions."""
