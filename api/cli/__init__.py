"""The command line as the server gives it away."""
