"""The link in the e-mail: opened it asks, posted to it stops. Nobody needs to be signed in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from alerts.overview import subscribing, unsubscribing


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def overview_unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 8058: a mail client posts without a cookie and wants no redirect; scanners that follow
    every link of an e-mail open it, and must change nothing. The token is the permission."""
    subscription = unsubscribing.subscription_of(token)
    if subscription is None:
        return render(request, "alerts/overview/unsubscribe_unknown.html", status=404)
    if request.method == "POST" and subscription.is_on:
        subscribing.stop(subscription, timezone.now())
        subscription.is_on = False
    return render(request, "alerts/overview/unsubscribe.html", {"subscription": subscription})
