"""The command line `signals`: it speaks REST to any Signals server, and knows nothing of Django."""

VERSION = "0.1.0"
#: How each request names its sender: a server says so to one that is too old.
AGENT = f"signals-cli/{VERSION}"
