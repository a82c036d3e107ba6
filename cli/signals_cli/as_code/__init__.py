"""Signals and alerts as a file that lives in git."""
