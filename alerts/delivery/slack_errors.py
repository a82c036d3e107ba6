"""What an answer of Slack means, in words for the person who can mend it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from alerts.delivery.failures import Disconnected, Permanent, Retryable
from core.http.retry_after import retry_after_s

#: Of the one channel: every further message there would be refused.
CHANNEL = {
    "channel_not_found": "Slack knows no such channel, or the app is not in it. Invite the app to "
    "the channel, or choose another one, then try again.",
    "is_archived": "The Slack channel is archived. Choose another one.",
    "not_in_channel": "The app is not in the Slack channel. Invite it there, then try again.",
    "cannot_reply_to_message": "Slack takes no messages in this channel. Choose another one.",
    "restricted_action": "A setting of the Slack workspace keeps the app from writing in this "
    "channel. Ask its administrator, or choose another one.",
}
RESTRICTED = re.compile(r"restricted_action|not_allowed_in|posting_to|read_only")
#: Of the whole connection.
CONNECTION = {
    "invalid_auth": "Slack refuses the token.",
    "not_authed": "Slack refuses the token.",
    "token_revoked": "The token was revoked in Slack.",
    "token_expired": "The token has run out.",
    "account_inactive": "The app was removed from the Slack workspace.",
    "team_access_not_granted": "The Slack workspace has not granted the app access.",
    "org_login_required": "The Slack workspace is being moved, or wants a sign-in.",
    "missing_scope": "The Slack app lacks the right to write: it needs chat:write.",
    "no_permission": "The Slack app lacks the right to write: it needs chat:write.",
    "not_allowed_token_type": "This kind of token may not write: use a bot token (xoxb-).",
    "access_denied": "Slack denies the app access.",
    "ekm_access_denied": "An administrator has stopped all messages to the Slack workspace.",
    "team_not_found": "The Slack workspace is gone.",
    "user_not_found": "The Slack app's bot is gone.",
}
PASSING = {"internal_error", "fatal_error", "request_timeout", "service_unavailable",
           "team_added_to_org", "external_channel_migrating"}  # fmt: skip
LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}
CODE = re.compile(r"[a-z0-9_]{2,80}")
DEFAULT_WAIT_S = 30.0
AGAIN = "Connect Slack again on the settings page of the project."


def meaning(status: int, code: object, headers: Mapping[str, str], now: datetime) -> Exception:
    """Retryable, Permanent or Disconnected. code: the field `error` of the answer."""
    known = code if isinstance(code, str) and CODE.fullmatch(code) else ""
    if status == 429 or known in LIMITED:
        named = {name.lower(): value for name, value in headers.items()}
        return Retryable("Slack asked us to wait.", retry_after_s(named, now) or DEFAULT_WAIT_S)
    if status >= 500 or known in PASSING:
        return Retryable(f"Slack is in trouble ({known or status}).")
    if known in CONNECTION:
        return Disconnected(f"{CONNECTION[known]} {AGAIN}")
    if known in CHANNEL:
        return Permanent(CHANNEL[known], is_dead=True)
    if RESTRICTED.search(known):
        return Permanent(f"{CHANNEL['restricted_action']} ({known})", is_dead=True)
    if known:
        return Permanent(f"Slack refuses it ({known}).")
    return Retryable(f"Slack's answer could not be read (status {status}).")
