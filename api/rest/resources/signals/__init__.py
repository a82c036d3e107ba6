"""Signals: what they are, their states and versions, and what their labels say."""
