"""Slack's Web API. Nothing else imports `slack_sdk`.

Retries are the outbox's: the client makes none, or a message whose answer got lost would be
posted twice behind its back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from alerts.delivery.failures import Disconnected, Permanent, Retryable
from alerts.delivery.slack_errors import AGAIN, meaning
from alerts.models import SlackConnection
from core import sealing

TIMEOUT_S = 10
SCOPES = ("chat:write", "chat:write.public", "channels:read", "groups:read")
AUTHORIZE_URL = "https://slack.com/oauth/v2/authorize"
#: A workspace may have tens of thousands, and Slack allows 20 pages a minute.
PAGE, MOST_PAGES = 1000, 10
REMEMBERED_S = 60

Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str  # without the #
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """A bot's token, and the workspace that it belongs to."""

    token: str
    workspace_id: str
    workspace: str


def is_by_button() -> bool:
    """Say whether teams connect by OAuth; else they paste a token."""
    return bool(settings.SLACK_CLIENT_ID and settings.SLACK_CLIENT_SECRET)


def post(team_id: int, channel_id: str, text: str, blocks: Sequence[Said]) -> None:
    """Returns once Slack has taken the message. Raises Retryable, Permanent or Disconnected."""
    post_by(token_of(team_id), channel_id, text, blocks)


def post_by(token: str, channel_id: str, text: str, blocks: Sequence[Said]) -> None:
    """Post with this token, without a look into the database."""
    quietly: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}
    call = _client(token).chat_postMessage
    _ask(partial(call, channel=channel_id, text=text, blocks=list(blocks), **quietly))


def token_of(team_id: int) -> str:
    """Raises Permanent: not of the channel, which is fine again once Slack is."""
    slack_connection = SlackConnection.objects.filter(team=team_id).first()
    if slack_connection is None:
        raise Permanent("Slack is not connected. Connect it on the settings page of the project.")
    if slack_connection.broken_reason:
        raise Permanent(slack_connection.broken_reason)
    try:
        return sealing.unseal(slack_connection.token_sealed)
    except sealing.Unsealable as error:
        raise Disconnected(f"{error} {AGAIN}") from None


def identify(token: str) -> Installed:
    """Ask whose token it is. Raises as `post` does."""
    said = _ask(_client(token).auth_test)
    return Installed(token, str(said.get("team_id", "")), str(said.get("team", "")))


def authorize_url(state: str, redirect_uri: str) -> str:
    """Return where a person allows the app into a workspace."""
    asked = {
        "client_id": settings.SLACK_CLIENT_ID,
        "scope": ",".join(SCOPES),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{AUTHORIZE_URL}?{urlencode(asked)}"


def exchange(code: str, redirect_uri: str) -> Installed:
    """Return the token for the code with which Slack sent the person back. Raises as `post`
    does."""
    app = {"client_id": settings.SLACK_CLIENT_ID, "client_secret": settings.SLACK_CLIENT_SECRET}
    call = _client("").oauth_v2_access
    said = _ask(partial(call, **app, code=code, redirect_uri=redirect_uri))
    team, token = said.get("team") or {}, said.get("access_token")
    if not isinstance(token, str) or not token:
        raise Permanent("Slack sent no token.")
    return Installed(token, str(team.get("id", "")), str(team.get("name", "")))


def channels(team_id: int) -> list[Channel]:
    """Return the channels that the app may write to, by name; a minute old at most. Raises as
    `post` does."""
    token = token_of(team_id)
    key = f"slack-channels:{team_id}:{hash(token)}"
    writable: list[Channel] | None = cache.get(key)
    if writable is None:
        writable = sorted(_all_channels(_client(token)), key=lambda channel: channel.name)
        cache.set(key, writable, REMEMBERED_S)
    return writable


def _all_channels(client: WebClient) -> Iterator[Channel]:
    """Private ones where the token may see them."""
    try:
        yield from _pages(client, "public_channel,private_channel")
    except Disconnected:
        yield from _pages(client, "public_channel")


def _pages(client: WebClient, types: str) -> Iterator[Channel]:
    cursor = ""
    for _ in range(MOST_PAGES):
        given: dict[str, Any] = {
            "types": types,
            "exclude_archived": True,
            "limit": PAGE,
            "cursor": cursor,
        }
        said = _ask(partial(client.conversations_list, **given))
        for each in said.get("channels") or ():
            yield Channel(str(each["id"]), str(each.get("name", "")), bool(each.get("is_private")))
        cursor = (said.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


def _client(token: str) -> WebClient:
    return WebClient(
        token=token or None,
        base_url=settings.SLACK_API_URL,
        timeout=TIMEOUT_S,
        retry_handlers=[],
    )


def _ask(call: Callable[[], Any]) -> Said:
    try:
        data = call().data
    except SlackApiError as error:
        answer = error.response
        said = answer.data if isinstance(answer.data, dict) else {}
        code, now = said.get("error"), timezone.now()
        raise meaning(answer.status_code, code, answer.headers, now) from None
    except TimeoutError:
        raise Retryable(f"Slack did not answer within {TIMEOUT_S} s.") from None
    except OSError as error:
        raise Retryable(f"Slack could not be reached ({_reason(error)}).") from None
    except (HTTPException, ValueError, TypeError, AttributeError, LookupError) as error:
        # A body that breaks off, or that is no object of JSON: the client expects neither.
        raise Retryable(f"Slack's answer could not be read ({type(error).__name__}).") from None
    return data if isinstance(data, dict) else {}


def _reason(error: OSError) -> str:
    """urllib wraps what happened."""
    cause = getattr(error, "reason", error)
    return type(cause).__name__ if isinstance(cause, Exception) else str(cause)[:200]
