"""What every page must say about the judge in use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from signals_app.judging import judge_in_use as judges
from signals_app.judging.model_server import endpoints


def judge_in_use(request: HttpRequest) -> dict[str, Any]:
    """judge_trouble is asked for only by the pages that show it: it costs a query."""
    return {
        "judge_is_offline": judges.is_offline(),
        "judge_model": judges.model_in_use(),
        "judge_trouble": endpoints.trouble,
    }
