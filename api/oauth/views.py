"""Consent, with the project that it is for; and allauth's own views behind what guards them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.idp.oidc import views as oidc
from allauth.idp.oidc.forms import ConfirmCodeForm
from allauth.idp.oidc.internal.oauthlib import device_codes
from allauth.idp.oidc.internal.oauthlib.utils import get_validator_context
from allauth.idp.oidc.models import Client
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from api.oauth import tokens
from api.oauth.forms import ConsentForm, DeviceForm, slug_of
from teams.access import SignedInRequest

View = Callable[..., HttpResponseBase]

#: The command line of this server, where it cannot register itself.
CLI_CLIENT = "signals-cli"
BAD_TEXT = "Null characters are not allowed."


def guarded(view: View) -> View:
    """Refuse, with an answer of the protocol, what would be a fault deeper down."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **path: Any) -> HttpResponseBase:
        try:
            if _has_nul(request):
                raise ValidationError(BAD_TEXT)
            return view(request, *args, **path)
        except ValidationError as error:
            said = {"error": "invalid_request", "error_description": " ".join(error.messages)}
            return JsonResponse(said, status=400)

    return answered


def _has_nul(request: HttpRequest) -> bool:
    sent = [*request.GET.lists(), *request.POST.lists()]
    texts = [request.headers.get("Authorization", ""), *(name for name, _values in sent)]
    return any("\x00" in text for text in (*texts, *(v for _name, values in sent for v in values)))


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(login_not_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class Consent(oidc.AuthorizationView):  # type: ignore[misc]
    """A program asks for entry: a person chooses a project and what it may do there.

    allauth sends strangers to sign in, and checks the CSRF token of the answer.
    """

    form_class = ConsentForm

    def get_form_kwargs(self) -> dict[str, Any]:
        resources = self._request_info.get("resources") or []
        given: dict[str, Any] = super().get_form_kwargs()
        return given | {"resources": resources}

    def form_valid(self, form: ConsentForm) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        grant_id = get_validator_context().grant_id
        if grant_id:
            client_id = str(self._request_info.get("client_id", ""))
            tokens.grant(grant_id, form.cleaned_data["project"], client_id, timezone.now())
        return response

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**more)
        return context | {"leads_to": _place(self._request_info)}

    def render_to_response(self, context: dict[str, Any], **more: Any) -> HttpResponse:
        response: HttpResponse = super().render_to_response(context, **more)
        # The answer to the form leads to the program; browsers ask the policy for that, too.
        source = _place(self._request_info)
        response._csp_update = {"form-action": [source]}  # type: ignore[attr-defined]
        return response


def _place(request_info: Mapping[str, Any]) -> str:
    """Return the server that a person is sent to, or the scheme of a program of its own."""
    address = urlsplit(str(request_info.get("redirect_uri", "")))
    if address.scheme in ("http", "https"):
        return f"{address.scheme}://{address.netloc}"
    return f"{address.scheme}:"


@never_cache
@require_http_methods(["GET", "POST"])
def device(request: SignedInRequest) -> HttpResponse:
    """A command line showed a code: a person types it, and chooses the project that it is for.

    allauth's own view takes the answer without a CSRF token.
    """
    if "code" not in request.GET:
        return _ask_for_code(request, ConfirmCodeForm())
    asked = ConfirmCodeForm(request.GET)
    if not asked.is_valid():
        return _ask_for_code(request, asked)
    code, client = asked.device_code, asked.client
    data = cache.get(device_codes.cache_device_code_key(code)) or {}
    slug = slug_of(data.get("resources") or [])
    form = DeviceForm(request.POST or None, user=request.user, slug=slug)
    context = {"form": form, "client": client, "user_code": asked.cleaned_data["code"]}
    if request.method == "POST" and request.POST.get("action") == "deny":
        device_codes.confirm_or_deny_device_code(request.user, code, confirm=False)
        return render(request, "idp/oidc/device_authorization_denied.html", context)
    if request.method == "POST" and form.is_valid():
        tokens.grant(data["grant_id"], form.cleaned_data["project"], client.pk, timezone.now())
        device_codes.confirm_or_deny_device_code(request.user, code, confirm=True)
        return render(request, "idp/oidc/device_authorization_confirmed.html", context)
    context["scopes"] = [oidc.get_adapter().scope_display.get(s, s) for s in data.get("scope", [])]
    return render(request, "idp/oidc/device_authorization_confirm_form.html", context)


def _ask_for_code(request: HttpRequest, form: ConfirmCodeForm) -> HttpResponse:
    form.fields["code"].widget.attrs.pop("placeholder", None)
    status = 422 if form.is_bound else 200
    context = {"form": form}
    return render(request, "idp/oidc/device_authorization_code_form.html", context, status=status)


@csrf_exempt
@login_not_required
def device_code(request: HttpRequest) -> HttpResponseBase:
    """Give a code to a program without a browser; our own command line needs no registration."""
    if request.POST.get("client_id") == CLI_CLIENT:
        _ensure_cli()
    response: HttpResponseBase = oidc.device_code(request)
    return response


def _ensure_cli() -> None:
    scopes = "\n".join(["openid", "email", *tokens.SCOPES])
    grants = [Client.GrantType.DEVICE_CODE.value, Client.GrantType.REFRESH_TOKEN.value]
    Client.objects.get_or_create(
        id=CLI_CLIENT,
        defaults={
            "name": "Signals command line",
            "type": Client.Type.PUBLIC,
            "grant_types": "\n".join(grants),
            "scopes": scopes,
            "default_scopes": "\n".join(tokens.SCOPES),
        },
    )
