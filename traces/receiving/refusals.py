"""What the operator hears of requests that are not taken wholly: a line a minute and reason.

Nothing that a stranger sends is in a line of a key that is not known, and no number of requests
makes more than a line a minute of it.
"""

from __future__ import annotations

import logging

from core.log_lines import Seldom
from traces.receiving import counted
from traces.receiving.answers import Answer
from traces.receiving.keys import Entry

_seldom = Seldom(logging.getLogger(__name__))


def note(answer: Answer, signal: str, entry: Entry | None) -> None:
    """Note an answer that is no success. signal: traces, logs or metrics, "" for neither.

    entry: what the sender's key opens, None where there is none.
    """
    counted.REFUSED.add(status=str(answer.status))
    facts = {"status": answer.status, "signal": signal or None}
    if entry is None:
        message = answer.message if answer.status == 401 else None
        _seldom.note(logging.WARNING, "body refused", answer.status, **facts, message=message)
        return
    ids = {"project": entry.project_id, "api_key": entry.key_id}
    key = (answer.status, entry.project_id)
    _seldom.note(logging.WARNING, "body refused", key, **ids, **facts, message=answer.message)


def note_rejected(rejected: int, reasons: list[str], signal: str, entry: Entry) -> None:
    """Note that a request was taken without some of its spans or log records."""
    counted.REJECTED.add(rejected, signal=signal)
    ids = {"project": entry.project_id, "api_key": entry.key_id, "signal": signal}
    reason = "; ".join(reasons)
    key = entry.project_id
    _seldom.note(logging.WARNING, "rows rejected", key, **ids, rejected=rejected, reason=reason)
