"""`signals`: the labels that a signal gave, and how they are distributed over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from api.inf import words
from api.inf.errors import refused
from api.inf.given import Given
from api.inf.router import Call, Router
from api.inf.routers.definitions import signal_named
from api.inf.shapes import label_rows
from core.time_range.windows import FIRST, LAST
from signals_app.labels import distribution as label_distribution
from signals_app.labels import label_table
from signals_app.labels.queries import LabelQuery
from traces.search.statement_timeout import TookTooLong, at_most

router = Router()
Row = dict[str, Any]

UTC: Final = ZoneInfo("UTC")
MOST_ROWS, USUAL_ROWS = 200, 50
MOST_OFFSET = 100_000
#: By what the client sorts; rows alike in it stand by their id.
SORTS: Final[Mapping[str, str]] = {
    "completed_at": "counted_at",
    "target_start_time": "target_time",
    "status": "outcome",
    "label": "label",
}
ONE_LABEL = "Ask for one label at a time."
TOO_LONG = "The database took too long. Ask for a shorter stretch: fromTime and toTime."


@router.query("signals.listLabels")
def list_labels(call: Call) -> Row:
    """Return a page of what a signal said, with how many there are."""
    given, signal = call.given, signal_named(call)
    matching = label_table.classified(signal, _query(given)).only(*label_table.COLUMNS, "run_id")
    by, down = SORTS.get(given.text("sortBy", "completed_at")), given.text("sortDir", "desc")
    if by is None or down not in ("asc", "desc"):
        raise given.wrong("sortBy", f"Sort by {', '.join(SORTS)}, asc or desc.")
    limit = given.whole("limit", USUAL_ROWS, least=1, most=MOST_ROWS)
    offset = given.whole("offset", 0, least=0, most=MOST_OFFSET)
    sign = "-" if down == "desc" else ""
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            rows = list(matching.order_by(f"{sign}{by}", f"{sign}id")[offset : offset + limit])
            total = matching.order_by().count()
    except TookTooLong:
        raise refused(TOO_LONG, 408) from None
    return {"rows": label_rows.rows_of(call.project, signal, rows), "total": total}


@router.query("signals.distribution", "signals.distributionFromTrends")
def distribution(call: Call) -> list[Row]:
    """Return how many of each label fall into each hour, or day in UTC, that has any."""
    given, signal = call.given, signal_named(call)
    start, end, bucket = given.moment("from"), given.moment("to"), given.text("bucket", "day")
    found = label_distribution.distribution(signal, start, end, bucket, UTC)
    return [
        {"bucket": words.moment(each.start), "label": label, "count": n}
        for each in found.buckets
        for label, n in sorted(each.labels.items())
    ]


def _query(given: Given) -> LabelQuery:
    labels = given.words("stringLabels")
    if given.has("boolLabel"):
        labels.append("true" if given.flag("boolLabel") else "false")
    if len(labels) > 1:
        raise refused(ONE_LABEL, field="stringLabels")
    return LabelQuery(
        start=given.moment("fromTime", FIRST),
        end=given.moment("toTime", LAST),
        label=labels[0] if labels else "",
    )
