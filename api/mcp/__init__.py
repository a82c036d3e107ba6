"""MCP, `/mcp`: what a coding agent may ask and do. Each tool validates, calls a verb, and answers
in short text that names the next call."""
