"""What every page must say about the judge in use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from signals_app.judging import judge_in_use as judges
from signals_app.models import JudgeEndpoint


def judge_in_use(request: HttpRequest) -> dict[str, Any]:
    """judge_is_offline is asked for only by the pages that show it: it may cost a query."""
    return {
        "judge_is_offline": SimpleLazyObject(lambda: _is_offline(request)),
        "judge_model": judges.model_in_use(),
    }


def _is_offline(request: HttpRequest) -> bool:
    """Say whether keyword rules answer what chooses no judge in the project of the page."""
    if not judges.is_offline():
        return False
    match = request.resolver_match
    slug = match.kwargs.get("slug") if match else None
    if not slug or not settings.PROJECT_JUDGES:
        return True
    rows = JudgeEndpoint.objects.filter(project__slug=slug, is_default=True, archived_at=None)
    return not rows.exists()
