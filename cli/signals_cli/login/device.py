"""A person's token by a code that is confirmed in the browser (RFC 8628).

The server is its own OpenID provider. It says where it asks for codes and tokens; a server that
does not say so has the usual addresses. The command registers itself as a public client
(RFC 7591) where the server lets it, else it is known as `signals-cli`.
"""

from __future__ import annotations

import contextlib
import json
import time
import webbrowser
from collections.abc import Callable, Mapping
from typing import Any

from signals_cli.client import AGENT
from signals_cli.errors import ExitCode, Failed, Unreachable

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
KNOWN_CLIENT = "signals-cli"
USUAL = {
    "device_authorization_endpoint": "/identity/o/api/device/code",
    "token_endpoint": "/identity/o/api/token",
}
SCOPE = "openid email read write"
NOT_OFFERED = "This server offers no sign-in for the command line. Use a key: signals auth set-key."


def token_of(url: str, note: Callable[[str], None], *, opens_browser: bool) -> str:
    """Ask for a code, show it, and wait until it is confirmed; return the token."""
    import httpx2

    headers = {"User-Agent": AGENT, "Accept": "application/json"}
    with httpx2.Client(base_url=url, headers=headers, timeout=30) as http:
        try:
            places = _places(http)
            client_id = _client_id(http, places)
            asked = _post(
                http,
                places["device_authorization_endpoint"],
                {"client_id": client_id, "scope": SCOPE},
            )
            if "device_code" not in asked:
                raise Failed(_why(asked) or NOT_OFFERED, ExitCode.NO_ENTRY)
            _show(asked, note, opens_browser)
            return _wait(http, places["token_endpoint"], client_id, asked)
        except httpx2.TransportError as error:
            raise Unreachable(f"{url} does not answer: {error}") from None


def _places(http: Any) -> dict[str, str]:
    said = _json(http.get("/.well-known/openid-configuration"))
    places = {name: str(said.get(name) or usual) for name, usual in USUAL.items()}
    places["registration_endpoint"] = str(said.get("registration_endpoint") or "")
    return places


def _client_id(http: Any, places: Mapping[str, str]) -> str:
    if not places["registration_endpoint"]:
        return KNOWN_CLIENT
    wanted = {
        "client_name": "Signals command line",
        "grant_types": [GRANT],
        "token_endpoint_auth_method": "none",
        # Nobody is sent there, but a client must name an address.
        "redirect_uris": ["http://127.0.0.1/"],
        "scope": SCOPE,
    }
    said = _json(http.post(places["registration_endpoint"], json=wanted))
    return str(said.get("client_id") or KNOWN_CLIENT)


def _show(asked: Mapping[str, Any], note: Callable[[str], None], opens_browser: bool) -> None:
    where = str(asked.get("verification_uri_complete") or asked.get("verification_uri"))
    note(f"Open {where} and confirm the code {asked.get('user_code')}.")
    if opens_browser and where.startswith(("http://", "https://")):
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(where)


def _wait(http: Any, place: str, client_id: str, asked: Mapping[str, Any]) -> str:
    """Ask for the token at the pace that the server wants, until the code has expired."""
    pause_s = float(asked.get("interval") or 5)
    end = time.monotonic() + float(asked.get("expires_in") or 600)
    form = {"grant_type": GRANT, "device_code": asked["device_code"], "client_id": client_id}
    while time.monotonic() < end:
        time.sleep(pause_s)
        said = _post(http, place, form)
        if said.get("access_token"):
            return str(said["access_token"])
        if said.get("error") == "slow_down":
            pause_s += 5
        elif said.get("error") != "authorization_pending":
            raise Failed(_why(said) or "The sign-in was refused.", ExitCode.NO_ENTRY)
    raise Failed("The code was not confirmed in time.", ExitCode.NOT_DONE)


def _post(http: Any, place: str, form: Mapping[str, Any]) -> dict[str, Any]:
    return _json(http.post(place, data=dict(form)))


def _json(response: Any) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        said = json.loads(response.content)
        if isinstance(said, dict):
            return said
    return {}


def _why(said: Mapping[str, Any]) -> str:
    return str(said.get("error_description") or said.get("error") or "")
