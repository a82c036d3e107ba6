"""What the doors remember of traffic goes with it (traces/erasing/extensions.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from api.models import IdempotentCall, TraceImport
from traces.erasing import extensions

#: JSON, in which the text may stand with escapes.
EXPORTS = """
DELETE FROM api_traceexport WHERE project_id = %s
    AND jsonb_path_exists(filter, '$.** ? (@ == $text)', jsonb_build_object('text', %s::text))
"""
ANSWERS = """
DELETE FROM api_idempotentcall
WHERE project_id = %s AND (strpos(body, %s) > 0 OR strpos(body, trim(both '"' from %s)) > 0)
"""
State = TraceImport.State


class Remembered:
    def count(self, project_id: int, targets: Sequence[UUID]) -> Counter[str]:
        return Counter()

    def erase(self, project_id: int, targets: Sequence[UUID]) -> Counter[str]:
        """Forget answers that name a trace or a session: they are kept for a day alone."""
        answers = IdempotentCall.objects.filter(project_id=project_id)
        names = [target.hex for target in targets]
        named = [
            pk
            for pk, body in answers.values_list("pk", "body").iterator(chunk_size=50)
            if any(name in body for name in names)
        ]
        IdempotentCall.objects.filter(pk__in=named).delete()
        return Counter()

    def forget(self, project_id: int, text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(EXPORTS, [project_id, text])
            cursor.execute("SELECT to_json(%s::text)::text", [text])
            quoted = cursor.fetchone()[0]
            cursor.execute(ANSWERS, [project_id, text, quoted])

    def is_busy(self, project_id: int) -> bool:
        """Say whether a file is on its way: its parts lie in the database until they are read."""
        waiting = TraceImport.objects.filter(project_id=project_id)
        return waiting.filter(state__in=(State.UPLOADING, State.PROCESSING)).exists()


extensions.register(Remembered())
