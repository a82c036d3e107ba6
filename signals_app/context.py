"""What every page must say about the judge in use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def judge_in_use(request: HttpRequest) -> dict[str, Any]:
    return {"judge_is_offline": not (settings.JUDGE_BASE_URL or settings.JUDGE_API_KEY)}
