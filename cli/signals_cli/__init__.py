"""The command line `signals`: it speaks REST to any Signals server, and knows nothing of Django."""

VERSION = "0.1.0"
