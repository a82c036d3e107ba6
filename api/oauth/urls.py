"""allauth's addresses, with our own views at those where a person decides."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.idp.oidc import urls as oidc_urls
from allauth.idp.oidc import views as oidc
from django.urls import URLPattern, URLResolver, include, path

from api.oauth import views
from api.oauth.views import guarded

#: By the names of allauth's routes.
OURS = {
    "authorization": views.Consent.as_view(),
    "device_authorization": views.device,
    "device_code": views.device_code,
}


def with_guards(
    patterns: Iterable[URLPattern | URLResolver],
) -> list[URLPattern | URLResolver]:
    """Put our views in their places, and a guard before all."""
    made = list(patterns)
    for pattern in made:
        if isinstance(pattern, URLPattern):
            pattern.callback = guarded(OURS.get(pattern.name or "", pattern.callback))
        else:
            with_guards(pattern.url_patterns)
    return made


oidc_patterns = (with_guards(oidc_urls.urlpatterns), "oidc")
urlpatterns = [
    # Where clients of RFC 8414 look; OpenID's own address says the same.
    path(
        ".well-known/oauth-authorization-server",
        oidc.configuration,
        name="oauth_server",
    ),
    path("", include(([path("", include(oidc_patterns))], "idp"))),
]
