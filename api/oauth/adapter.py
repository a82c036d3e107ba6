"""What allauth's provider asks us: names of scopes, who may register, which resources are ours."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client
from django.conf import settings
from django.core.exceptions import ValidationError

from api.oauth import tokens

GRANTS = {
    Client.GrantType.AUTHORIZATION_CODE.value,
    Client.GrantType.DEVICE_CODE.value,
    Client.GrantType.REFRESH_TOKEN.value,
}
MOST_ADDRESSES, MOST_ADDRESS_CHARS = 10, 500
#: Schemes of a program's own are fine (cursor://…); these would run in the browser.
REFUSED_SCHEMES = {"javascript", "data", "vbscript", "file", "about", "blob", "ftp"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
BAD_ADDRESS = "A redirect URI is https, http on the own machine, or of a scheme of your own."
BAD_GRANT = "This server knows authorization_code, refresh_token and device_code."
BAD_RESOURCE = "The resource is at another server than this one."


class OidcAdapter(DefaultOIDCAdapter):  # type: ignore[misc]
    """The provider as this server has it."""

    scope_display = DefaultOIDCAdapter.scope_display | {
        tokens.READ: "Read traffic, signals, labels, alerts",
        tokens.WRITE: "Write: make, edit, run signals, alerts",
    }

    def generate_client_secret(self) -> str:
        """Return a secret of signs that mean the same whether or not a client URL-encodes it."""
        return secrets.token_urlsafe(32)

    def get_issuer(self) -> str:
        return str(settings.BASE_URL)

    def validate_client_registration(
        self, *, client: Client, client_metadata: Mapping[str, Any], **_more: Any
    ) -> None:
        """Check a program that registers itself, and let it ask for the scopes that there are."""
        if not set(client.get_grant_types()) <= GRANTS:
            raise ValidationError(BAD_GRANT)
        if client.get_response_types() != ["code"]:
            raise ValidationError("This server knows the response type code only.")
        addresses = client.get_redirect_uris()
        if len(addresses) > MOST_ADDRESSES or not all(map(_is_good, addresses)):
            raise ValidationError(BAD_ADDRESS)
        grants = {*client.get_grant_types(), Client.GrantType.REFRESH_TOKEN.value}
        client.set_grant_types(sorted(grants))
        client.set_scopes(["openid", "email", *tokens.SCOPES])
        client.set_default_scopes(list(tokens.SCOPES))
        client.name = client.name or "A program without a name"
        client.data = {"dcr": True}

    def validate_resource_uris(self, *, uris: list[str], **_more: Any) -> None:
        if not all(map(tokens.is_ours, uris)):
            raise ValidationError(BAD_RESOURCE)

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        """Name our own address, whatever the request was sent to, and what we allow."""
        for name, value in data.items():
            if name.endswith(("_endpoint", "_uri")):
                data[name] = settings.BASE_URL + urlsplit(value).path
        data["scopes_supported"] = ["openid", "email", *tokens.SCOPES]
        data["grant_types_supported"] = sorted(GRANTS)
        data["response_types_supported"] = ["code"]


def _is_good(address: str) -> bool:
    if len(address) > MOST_ADDRESS_CHARS or "\x00" in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.fragment or not parts.scheme or parts.scheme in REFUSED_SCHEMES:
        return False
    if parts.scheme == "http":
        return parts.hostname in LOOPBACK
    return parts.scheme != "https" or bool(parts.hostname)
