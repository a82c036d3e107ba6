"""A person's token by a code that is confirmed in the browser (RFC 8628), and a fresh one later.

The server knows the command line by its name; the person chooses the project that the token is
for, and may let it read only.
"""

from __future__ import annotations

import contextlib
import json
import time
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from signals_cli import AGENT
from signals_cli.errors import ExitCode, Failed, Unreachable
from signals_cli.profiles import Profile

CLIENT = "signals-cli"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
ASK, TOKEN = "/identity/o/api/device/code", "/identity/o/api/token"
NOT_OFFERED = "This server offers no sign-in for the command line. Use a key: signals auth set-key."
SIGN_IN_AGAIN = "You are no longer signed in. Run `signals auth login` again."
#: A token that ends so soon is renewed before it is used.
ALMOST_OVER_S = 60.0


def signed_in(
    profile: Profile, scope: str, note: Callable[[str], None], *, opens_browser: bool
) -> Profile:
    """Ask for a code, show it, wait until it is confirmed, and return the profile with a token."""
    asked = _post(profile.url, ASK, {"client_id": CLIENT, "scope": scope})
    if "device_code" not in asked:
        raise Failed(_why(asked) or NOT_OFFERED, ExitCode.NO_ENTRY)
    _show(asked, note, opens_browser)
    return _with_token(profile, _wait(profile.url, asked))


def is_almost_over(profile: Profile) -> bool:
    """Say whether the token of a profile should be renewed."""
    return bool(profile.refresh) and profile.expires_at < time.time() + ALMOST_OVER_S


def renewed(profile: Profile) -> Profile:
    """Return the profile with a fresh token. Raises Failed for one that cannot be renewed."""
    form = {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": profile.refresh}
    said = _post(profile.url, TOKEN, form)
    if not said.get("access_token"):
        raise Failed(SIGN_IN_AGAIN, ExitCode.NO_ENTRY)
    return _with_token(profile, said)


def _with_token(profile: Profile, said: Mapping[str, Any]) -> Profile:
    return replace(
        profile,
        secret=str(said["access_token"]),
        refresh=str(said.get("refresh_token") or profile.refresh),
        expires_at=time.time() + float(said.get("expires_in") or 0),
    )


def _show(asked: Mapping[str, Any], note: Callable[[str], None], opens_browser: bool) -> None:
    where = str(asked.get("verification_uri_complete") or asked.get("verification_uri"))
    note(f"Open {where} and confirm the code {asked.get('user_code')}.")
    if opens_browser and where.startswith(("http://", "https://")):
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(where)


def _wait(url: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for the token at the pace that the server wants, until the code has expired."""
    pause_s = float(asked.get("interval") or 5)
    end = time.monotonic() + float(asked.get("expires_in") or 600)
    form = {"grant_type": GRANT, "device_code": str(asked["device_code"]), "client_id": CLIENT}
    while time.monotonic() < end:
        time.sleep(pause_s)
        said = _post(url, TOKEN, form)
        if said.get("access_token"):
            return said
        if said.get("error") == "slow_down":
            pause_s += 5
        elif said.get("error") != "authorization_pending":
            raise Failed(_why(said) or "The sign-in was refused.", ExitCode.NO_ENTRY)
    raise Failed("The code was not confirmed in time.", ExitCode.NOT_DONE)


def _post(url: str, place: str, form: Mapping[str, str]) -> dict[str, Any]:
    import httpx2

    headers = {"User-Agent": AGENT, "Accept": "application/json"}
    try:
        content = httpx2.post(url + place, data=dict(form), headers=headers, timeout=30).content
    except httpx2.RequestError as error:
        raise Unreachable(f"{url} does not answer: {error}") from None
    with contextlib.suppress(ValueError):
        said = json.loads(content)
        if isinstance(said, dict):
            return said
    return {}


def _why(said: Mapping[str, Any]) -> str:
    return str(said.get("error_description") or said.get("error") or "")
