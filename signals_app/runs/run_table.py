"""Lists of runs, the newest first."""

from __future__ import annotations

from core.paging import PAGE_SIZE, Cursor, Page, Pager
from signals_app.models import Run, Signal
from teams.models import Project

PAGES = Pager("created_at", "-id", int)


def page_of(
    project: Project,
    signal: Signal | None = None,
    state: str = "",
    older: Cursor | None = None,
    size: int = PAGE_SIZE,
) -> Page[Run]:
    """Return a page of the runs of a project or of one signal; state: "" for any."""
    runs = Run.objects.filter(project=project).select_related("version", "created_by", "signal")
    if signal is not None:
        runs = runs.filter(signal=signal)
    if state:
        runs = runs.filter(state=state)
    return PAGES.page(runs, older, size=size)
