"""A genuine OpenID Connect provider for tests: allauth's own, with nothing of ours before it."""

from __future__ import annotations

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.teams.signin.provider.urls"
IDP_OIDC_ADAPTER = "allauth.idp.oidc.adapter.DefaultOIDCAdapter"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
