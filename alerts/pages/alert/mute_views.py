"""The link in an alert's e-mail that mutes it for its reader, signed in or not."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from alerts.muting import mutes
from alerts.muting.mute_links import named_by


@csrf_exempt  # the token is the proof; a mail client that posts has no cookie of ours (RFC 8058)
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def mute_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Asks on GET, since mail scanners open every link; mutes on POST, and answers in place."""
    named = named_by(token)
    if named is None:
        return render(request, "alerts/mute_by_link.html", {}, status=404)
    alert, user = named
    if request.method == "POST":
        mutes.mute(alert, user)
    is_muted = mutes.is_muted(alert, user)
    context = {"alert": alert, "reader": user, "is_muted": is_muted}
    return render(request, "alerts/mute_by_link.html", context)
