"""Who asks, and for which project: by a key, a token of OAuth, or a signed-in session.

A key opens its own project, a token the one that it was given for. A person has several, and says
which by the parameter `project`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from api.oauth import tokens
from api.rest.problems import Refused
from teams import access, keys
from teams.models import KEY_PREFIX, ApiKey, Project, User

PROJECT = "project"
WHICH_PROJECT = "Say which project, by its address: ?project=my-project."
NOT_FROM_HERE = "The request did not come from a page of this server: send X-CSRFToken."
OTHER_PROJECT = "The key belongs to another project than the parameter `project` names."


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks, in one project; one of key and user is None.

    program: what acts for the person by a token of OAuth, as it calls itself.
    """

    project: Project
    key: ApiKey | None = None
    user: User | None = None
    program: str = ""

    @property
    def can_write(self) -> bool:
        return self.project.viewer_can_write

    @property
    def acting(self) -> dict[str, Any]:
        """Who acts, as `core.acting` has it, but for the door and the address."""
        user, key = self.user, self.key
        return {
            "user_id": user.pk if user else None,
            "email": user.email if user else "",
            "key_uuid": str(key.uuid) if key else "",
            "key_name": key.name if key else "",
            "program": self.program,
        }

    @property
    def name(self) -> str:
        """Whose calls are counted together."""
        return f"key:{self.key.pk}" if self.key else f"user:{self.user.pk if self.user else 0}"


class CallerRequest(HttpRequest):
    """A request that came through the door."""

    caller: Caller
    request_id: str


def caller_of(request: HttpRequest, writes: bool) -> Caller:
    """Return who asks. Raises NoEntry, Refused, Http404 and PermissionDenied."""
    secret = keys.secret_of(request)
    slug = request.GET.get(PROJECT, "")
    if secret is None and request.user.is_authenticated:
        return _by_session(request, slug, writes)
    return by_secret(secret, slug, writes)


def by_secret(secret: str | None, slug: str, writes: bool) -> Caller:
    """Return who sends that secret, for the project of that address ("": its own). Raises what
    `caller_of` does."""
    if secret and not secret.startswith(KEY_PREFIX):
        opened = tokens.opened_by(secret, slug, writes)
        if opened is not None:
            return Caller(opened.project, user=opened.user, program=opened.program)
    key = keys.opened_by(secret, timezone.now())
    if slug and slug != key.project.slug:
        raise Refused(404, "not_found", OTHER_PROJECT, PROJECT)
    return Caller(access.project_of(key, write=writes), key=key)


def _by_session(request: HttpRequest, slug: str, writes: bool) -> Caller:
    assert isinstance(request.user, User)
    if request.method not in ("GET", "HEAD") and check_csrf(request):
        raise Refused(403, "forbidden", NOT_FROM_HERE)
    if not slug:
        raise Refused(422, "invalid", WHICH_PROJECT, PROJECT)
    if "\x00" in slug:
        raise Http404
    return Caller(access.project_for(request.user, slug, writes), user=request.user)


class KeyScheme(HttpBearer):
    """Says in the document that a key is sent as a bearer token; the door has checked it."""

    def __call__(self, request: HttpRequest) -> Caller | None:
        return getattr(request, "caller", None)

    def authenticate(self, request: HttpRequest, token: str) -> None:
        raise NotImplementedError


class SessionScheme(APIKeyCookie):
    """Says in the document that the cookie of a signed-in person does as well."""

    param_name = "sessionid"

    def __call__(self, request: HttpRequest) -> Caller | None:
        return getattr(request, "caller", None)

    def authenticate(self, request: HttpRequest, key: str | None) -> None:
        raise NotImplementedError
