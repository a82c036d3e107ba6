"""Traffic as files: whole traces, streamed in bounded memory."""
