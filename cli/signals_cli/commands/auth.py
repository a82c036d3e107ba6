"""`signals auth`: which server, and what opens it."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from signals_cli import profiles
from signals_cli.client import Client
from signals_cli.commanding import Call, command, group, read_input
from signals_cli.errors import Failed, WrongValue
from signals_cli.login import device
from signals_cli.output import values
from signals_cli.output.screen import Column
from signals_cli.output.text import line
from signals_cli.profiles import Profile

Url = Annotated[str, typer.Option("--url", help="The address of the server (SIGNALS_URL).")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    auth = group(app, "auth", "Which server, and what opens it.")
    command(auth, "set-key")(set_key)
    command(auth, "login")(login)
    command(auth, "status")(status)
    command(auth, "whoami")(whoami)
    command(auth, "use")(use)
    command(auth, "logout")(logout)


def set_key(
    call: Call,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="A project's key; - reads standard input.")
    ] = "",
    url: Url = "",
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Keep it without asking the server.")
    ] = False,
) -> None:
    """Keep a project's key in a file that only you may read."""
    if key == "-" or (not key and not sys.stdin.isatty()):
        key = read_input().decode("utf-8", "replace")
    elif not key:
        import getpass

        key = getpass.getpass("API key: ", sys.stderr)
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise WrongValue("KEY: this is no key. Make one in the project's settings.")
    profile = Profile(_name(call), _url(call, url), key, call.project)
    _keep(call, profile, unchecked=unchecked)


def login(
    call: Call,
    url: Url = "",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Ask for no right to write.")
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print where to confirm.")
    ] = False,
) -> None:
    """Sign in as a person: confirm a code in the browser, and choose the project there."""
    profile = Profile(_name(call), _url(call, url))
    scope = "read" if read_only else "read write"
    opens_browser = not no_browser
    signed_in = device.signed_in(profile, scope, call.screen.note, opens_browser=opens_browser)
    _keep(call, signed_in, unchecked=False)


def _keep(call: Call, profile: Profile, *, unchecked: bool) -> None:
    me: dict[str, Any] = {}
    if not unchecked:
        client = Client(profile, call.screen.note)
        try:
            me = client.get("/me")
        finally:
            client.close()
        profile = client.profile  # its token may have been renewed
    profiles.save(profile)
    kept = {"profile": profile.name, "url": profile.url, "file": str(profiles.config_path())}
    name = (me.get("project") or {}).get("name")
    of_project = f" of the project {line(name)}" if name else ""
    call.screen.show(
        kept,
        lambda: call.screen.say(
            f"Kept the key{of_project} at {profile.url} as profile {profile.name!r}."
        ),
    )


def _name(call: Call) -> str:
    return call.profile_name or os.environ.get("SIGNALS_PROFILE", "") or profiles.USUAL_NAME


def _url(call: Call, url: str) -> str:
    """Return the server that is meant: the one given, or the one that the profile had."""
    known = profiles.stored(_name(call))
    usual = known.url if known else profiles.USUAL_URL
    return profiles.checked_url(url or os.environ.get("SIGNALS_URL", "") or usual)


def status(call: Call) -> None:
    """Say which server is in use, where its key comes from, and whether it opens."""
    profile = profiles.chosen(call.profile_name, call.project)
    said = profiles.read()
    refusal = _refusal(call)
    found = {
        "profile": profile.name or None,
        "url": profile.url,
        "key": profiles.masked(profile.secret) or None,
        "source": profile.source,
        "opens": refusal is None,
        "why": refusal.message if refusal else None,
        "profiles": [
            {"name": name, "url": kept.get("url"), "current": name == said["current"]}
            for name, kept in sorted(said["profiles"].items())
        ],
    }
    call.screen.show(found, lambda: _show_status(call, found))
    if refusal:
        raise refusal


def _refusal(call: Call) -> Failed | None:
    """Return why the server does not open, or None."""
    try:
        call.rest.get("/me")
    except Failed as error:
        return error
    return None


def _show_status(call: Call, found: dict[str, Any]) -> None:
    names = ("profile", "url", "key", "source")
    call.screen.facts(
        {name: found[name] for name in names} | {"opens": "yes" if found["opens"] else "no"}
    )
    columns: list[Column] = [
        ("", lambda row: "*" if row["current"] else ""),
        ("profile", lambda row: row["name"]),
        ("url", lambda row: row["url"]),
    ]
    if len(found["profiles"]) > 1:
        call.screen.say("")
        call.screen.table(found["profiles"], columns, "")


def whoami(call: Call) -> None:
    """Say as whom the server sees you, in which project, and what you may do."""
    me = call.rest.get("/me")
    key, judge = me.get("key") or {}, me.get("judge") or {}
    server = me.get("server")
    facts = {
        "project": f"{line(me['project']['name'])} ({me['project']['slug']})",
        "team": line(_name_of(me["project"].get("team") or me.get("team"))),
        "rights": "read and write" if me.get("rights") == "write" else me.get("rights"),
        "key": f"{line(key.get('name'))} {key.get('shown') or ''}" if key else "",
        "expires": values.moment(key["expires_at"]) if key.get("expires_at") else "",
        "user": line(_name_of(me.get("user"))),
        "server": server.get("base_url") if isinstance(server, dict) else server,
        "version": server.get("version") if isinstance(server, dict) else me.get("version"),
        "judge": f"{line(judge.get('model'))}{' (offline)' if judge.get('is_offline') else ''}",
    }
    call.screen.show(me, lambda: call.screen.facts(facts))


def _name_of(value: Any) -> Any:
    return (value.get("name") or value.get("email")) if isinstance(value, dict) else value


def use(
    call: Call, name: Annotated[str, typer.Argument(metavar="PROFILE", help="Its name.")]
) -> None:
    """Use this profile when none is named."""
    said = profiles.read()
    if profiles.stored(name) is None:
        known = ", ".join(sorted(said["profiles"])) or "none yet"
        raise WrongValue(f"PROFILE: there is no {name!r}. There are: {known}.")
    profiles.write({**said, "current": name})
    call.screen.show({"current": name}, lambda: call.screen.say(f"Using {name!r}."))


def logout(call: Call) -> None:
    """Forget the key of a profile; the key itself stays good until it is revoked."""
    said = profiles.read()
    name = call.profile_name or said["current"]
    if said["profiles"].pop(name, None) is None:
        raise WrongValue(f"There is no profile {name!r}.")
    profiles.write(said)
    call.screen.show({"forgotten": name}, lambda: call.screen.say(f"Forgot {name!r}."))
