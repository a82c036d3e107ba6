"""The admin site's pages about signals, runs, judges, and what a judge could not label."""

from signals_app.admin import definitions, failed, judges, runs

__all__ = ["definitions", "failed", "judges", "runs"]
