"""The traces behind a label, for work on them elsewhere."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.utils import timezone

from api.mcp import arguments, signal_text, token_budget
from api.mcp.answers import call
from api.mcp.arguments import RangeArg, SignalArg, Text
from api.mcp.fencing import one_line
from api.mcp.registry import READS, tool
from api.mcp.trouble import Trouble
from api.rest.callers import Caller
from api.shapes import links
from core.time_range.moments import utc_text
from signals_app.models import Signal
from traces.search import traces as trace_search
from traces.search.queries import TraceQuery
from traces.search.statement_timeout import TookTooLong, at_most

MOST_IDS = 25
#: A label of other letters than ASCII makes a long address.
MOST_LINK = 250


@tool(READS, call("list_signals"))
def export_flagged(caller: Caller, signal: SignalArg, label: Text, range: RangeArg = "7d") -> str:
    """Say which traces bear a label of a signal, for an export: how many, their ids, and the
    command that downloads all of them whole, as OTLP JSON lines. A trace whose session or span
    bears the label is one of them."""
    found, project = arguments.signal(caller.project, signal), caller.project
    start, end = arguments.bounds(range, timezone.now())
    if label not in _labels(found):
        names = ", ".join(_labels(found))
        raise Trouble(f"This signal gives no such label; it gives {names}.", "call it with one")
    flag = f"{found.uuid}:{label}"
    query = TraceQuery(start=start, end=end, extra={"label": [flag]})
    try:
        with at_most(settings.SEARCH_PATIENCE_MS):
            matching = trace_search.on_facets(trace_search.matching(project, query), query)
            ids = [row.hex_id for row in matching.newest_first().only_keys()[: MOST_IDS + 1]]
            total = len(ids) if len(ids) <= MOST_IDS else matching.count()
    except TookTooLong:
        raise Trouble("The search took too long.", call("export_flagged", range="1d")) from None
    asked = {"label": flag, "start": utc_text(start), "end": utc_text(end)}
    address = f"{settings.BASE_URL}/api/v1/export/traces?{urlencode(asked)}"
    page = links.page("traces", project.slug)
    lines = [
        f"{total:,} traces with {label!r} of {one_line(found.name)} in {range}.",
        "All of them, one request per line (keep the key out of your answers):",
        f'curl -fsS -H "Authorization: Bearer $SIGNALS_API_KEY" "{address}" > flagged.jsonl',
        f"Ids, the newest first: {' '.join(ids[:MOST_IDS]) or 'none'}",
    ]
    if total > MOST_IDS:
        lines.append(f"{total - MOST_IDS:,} ids left out; the download has all.")
    where = {"label": flag, "range": "custom"}
    where |= {"since": utc_text(start), "until": utc_text(end)}
    listed = f"Page: {page}?{urlencode(where)}"
    is_short = token_budget.estimate(listed) <= MOST_LINK
    lines.append(listed if is_short else signal_text.page_of(found))
    nexts = call("list_labels", signal=str(found.uuid), label=label, range=range)
    return "\n".join([*lines, f"Next: {nexts} says why each bears it."])


def _labels(signal: Signal) -> list[str]:
    """Return every label that a version of the signal gives."""
    names: dict[str, None] = {}
    for version in signal.versions.defer("prompt").order_by("-number")[:20]:
        names |= dict.fromkeys(version.label_names)
    return list(names)
