"""Links that let somebody in: one that signs a person in once, one for the first visitor."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import too_many
from teams.models import User
from teams.signin import entrance, first_visitor, links

EXPIRED = "teams/link_expired.html"


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to sign in; only the answer uses the link up."""
    if request.method != "POST":
        user = links.user_of(token, timezone.now())
        if user is None:
            return render(request, EXPIRED, status=403)
        return render(request, "teams/link_use.html", {"person": user})
    user = links.use(token, timezone.now())
    if user is not None:
        return sign_in(request, user)
    if not ratelimit.consume(request, action="signin_link"):
        return too_many(request)
    return render(request, EXPIRED, status=403)


def sign_in(request: HttpRequest, user: User) -> HttpResponse:
    """Sign a person in instead of whoever is; a second factor is asked for as ever."""
    if request.user.is_authenticated:
        get_adapter(request).logout(request)
    record_authentication(request, user, method="link", reauthenticated=True)
    login = Login(user=user, email_verification=EmailVerificationMethod.NONE)
    answer: HttpResponse = perform_login(request, login)
    return answer


@login_not_required
@never_cache
@require_safe
def first(request: HttpRequest, token: str) -> HttpResponse:
    """Lead the first person of an empty installation on to the form that makes the account."""
    if not first_visitor.is_awaited() or not first_visitor.opens(token):
        return render(request, EXPIRED, status=403)
    request.session[entrance.FIRST] = True
    return redirect("account_signup")
