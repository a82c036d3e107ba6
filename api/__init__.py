"""The doors beside the pages: REST, the vendor's command line, MCP. None of them holds logic."""
