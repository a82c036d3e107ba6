"""“Test it”: a question put to a judge, which a pump asks within a second or two."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from signals_app.judge_endpoints import editing
from signals_app.models import JudgeEndpoint, JudgeTest
from teams import audit

#: Tests of a judge that are kept, the newest.
KEPT: Final = 20
#: A test that nobody has taken for so long waits for a worker that is not there.
PATIENCE: Final = timedelta(seconds=20)


@transaction.atomic
def test(endpoint: JudgeEndpoint, now: datetime) -> JudgeTest:
    """Have a judge asked about the built-in example; return the test, whose answer comes later.

    Where one is under way already, that one is returned.
    """
    JudgeEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    rows = JudgeTest.objects.filter(endpoint=endpoint).order_by("-asked_at", "-pk")
    running = rows.filter(finished_at=None).first()
    if running is not None:
        return running
    for old in rows[KEPT - 1 :]:
        old.delete()
    audit.record("judge.tested", **editing.about(endpoint))
    return JudgeTest.objects.create(endpoint=endpoint, asked_at=now)


def newest(endpoint: JudgeEndpoint) -> JudgeTest | None:
    """Return the last test of a judge, finished or not."""
    return JudgeTest.objects.filter(endpoint=endpoint).order_by("-asked_at", "-pk").first()
