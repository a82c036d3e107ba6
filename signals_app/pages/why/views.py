"""Why a target has a label of a signal or none, and another judgement when a person asks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from core.ids import session_key, span_id_hex
from core.ui.fragments import wants_fragment
from signals_app import liveness
from signals_app.explain import facts as why_facts
from signals_app.explain import replies
from signals_app.explain import targets as why_targets
from signals_app.explain.decision import Kind
from signals_app.models import Scope, Signal
from signals_app.pages.signal.views import find_signal
from signals_app.queue import judging_again
from signals_app.targets import TargetRef, parse
from teams.access import get_project
from teams.models import Project

#: What changes by itself before long.
PASSING = {Kind.OPEN, Kind.WAITING, Kind.JUDGING}


@require_safe
@vary_on_headers("HX-Request")
def signal_why(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """`?target=` as `signals_app/targets.py` has it, or a trace's or session's own id; without
    it the page asks for one."""
    project = get_project(request, slug)
    signal, now = find_signal(project, uuid), timezone.now()
    context: dict[str, Any] = {"project": project, "signal": signal}
    if not request.GET.get("target"):
        return render(request, "signals_app/why.html", context)
    ref = _ref(signal, request.GET["target"])
    known = why_targets.find(project.pk, ref)
    if known is None:
        raise Http404
    [answered] = why_facts.answers(project, known, [signal], now)
    rows = why_facts.classifications(project.pk, ref, [signal.pk])
    context |= {
        "ref": ref,
        "target_url": _page_of(project, ref),
        "answered": answered,
        "tone": replies.tone(answered),
        "earlier": [row for row in rows if row != answered.judged],
        "is_passing": answered.answer.kind in PASSING,
        "worker_trouble": liveness.words(liveness.of_worker(now), now),
    }
    if wants_fragment(request, "why"):
        return render(request, "signals_app/_why.html", context)
    return render(request, "signals_app/why.html", context)


@require_POST
def signal_retry_target(request: HttpRequest, slug: str, uuid: UUID) -> HttpResponse:
    """Judge one target again, whether it has a label or none; back to its answer."""
    project = get_project(request, slug, write=True)
    signal = find_signal(project, uuid)
    if not request.POST.get("target"):
        messages.error(request, "Choose what is to be judged again.")
        return redirect("signal_why", slug, uuid)
    ref = _ref(signal, request.POST["target"])
    if why_targets.find(project.pk, ref) is None:
        raise Http404
    try:
        judging_again.judge_again(signal, ref.target, ref.stored_span_id, timezone.now())
    except judging_again.CannotJudge as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "It waits to be judged again.")
    return redirect(why_facts.why_url(project, signal, ref))


def _ref(signal: Signal, text: str) -> TargetRef:
    """Raises Http404 for what names no target."""
    for address in (text, f"trace:{text.replace('-', '')}"):
        try:
            return parse(address)
        except ValueError:
            continue
    if signal.scope == Scope.SESSION:
        return TargetRef("session", session_key(signal.agent_id, text))
    raise Http404


def _page_of(project: Project, ref: TargetRef) -> str:
    if ref.scope == Scope.SESSION:
        return reverse("session", args=[project.slug, ref.target])
    url = reverse("trace", args=[project.slug, ref.target])
    return url if ref.span_id is None else f"{url}?span={span_id_hex(ref.span_id)}"
