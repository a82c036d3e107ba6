"""The page of one trace, or of one of its spans."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.ids import span_id_from_hex
from teams.access import get_project
from traces import conversations, extensions
from traces.conversations import NOTHING
from traces.models import Trace
from traces.pages.trace import trace_page
from traces.pages.trace.conversation import draw
from traces.pages.trace.forms import TIMELINE, SpanChoice
from traces.pages.trace.span_details import details
from traces.retaining import retaining
from traces.retaining.periods import Kept
from traces.store import reading


@require_safe
def trace(request: HttpRequest, slug: str, trace_id: UUID) -> HttpResponse:
    """Show the whole trace, or with `?span=` one of its spans."""
    project = get_project(request, slug)
    traces = get_object_or_404(Trace.objects.of_project(project.pk), trace_id=trace_id)
    choice = SpanChoice(request.GET)
    choice.is_valid()
    selected, whole = choice.cleaned_data.get("span", ""), choice.cleaned_data["full"]
    span = reading.span(project.pk, trace_id, span_id_from_hex(selected)) if selected else None
    if selected and span is None:
        choice.add_error("span", "This trace has no such span. This is the whole trace.")
    marks = extensions.marks(project, [traces])[trace_id]
    marks.sort(key=lambda mark: mark.span_id != selected)
    is_timeline = choice.cleaned_data.get("view") == TIMELINE
    if span:
        said = conversations.of_span(span)
    else:
        said = NOTHING if is_timeline else conversations.of_trace(project, trace_id)
    part = trace_page.tree_part(traces, marks, selected, choice.cleaned_data.get("part"))
    if not part.branches and part.number > 1:
        raise Http404
    took = trace_page.taking_part(project, traces)
    context = {
        "project": project,
        "trace": traces,
        "text_days": retaining.days_of(project, Kept.TEXTS) if traces.text_gone_at else None,
        "duration": traces.end_time - traces.start_time,
        "choice": choice,
        "whole": whole,
        "tree": part,
        "clock": trace_page.moved_clock(traces, part),
        "waterfall": trace_page.waterfall(traces, part) if is_timeline else None,
        "span": details(span, whole) if span else None,
        "turns": draw(said.transcript, said.tools, whole),
        "said": said.transcript,
        "marks": marks,
        "remarks": extensions.remarks(project, trace_page.targets_of(traces, took)),
        "agents": took,
        "replies": extensions.replies(
            project, _about(trace_id, selected if span else ""), timezone.now()
        ),
    }
    return render(request, "traces/trace.html", context)


def _about(trace_id: UUID, span: str) -> extensions.About:
    """span: 16 hex digits, or "" for the whole trace."""
    if not span:
        return extensions.About("trace", trace_id)
    return extensions.About("span", trace_id, span_id_from_hex(span))
