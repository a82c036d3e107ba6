"""Projects, keys, and who asks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from ninja import Schema
from pydantic import Field

from api.shapes import links
from signals_app.judging import judge_in_use
from signals_app.models import JudgeEndpoint
from teams.models import ApiKey, Project, User


class ProjectShape(Schema):
    """A project. session_idle_s: seconds of quiet after which a session is judged."""

    id: UUID
    slug: str
    name: str
    team: str
    session_idle_s: int
    is_demo: bool
    url: str


class KeyShape(Schema):
    """An API key, without its secret. shown: its first characters."""

    id: UUID
    name: str
    shown: str
    rights: str
    note: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class JudgeShape(Schema):
    """The judge that answers signals that chose none. name: of the project's own; `is_offline` is
    the one built in, which is no language model."""

    name: str
    model: str
    is_offline: bool


class WhoamiShape(Schema):
    """Who asks, for which project, and what they may do there: `read` or `write`."""

    project: ProjectShape
    rights: str
    key: KeyShape | None
    user: str | None
    judge: JudgeShape
    server: str
    version: str


def project_of(project: Project) -> ProjectShape:
    return ProjectShape(
        id=project.uuid,
        slug=project.slug,
        name=project.name,
        team=project.team.name,
        session_idle_s=project.session_idle_s or settings.SESSION_IDLE_S,
        is_demo=project.is_demo,
        url=links.page("traces", project.slug),
    )


def key_of(key: ApiKey) -> KeyShape:
    return KeyShape(
        id=key.uuid,
        name=key.name,
        shown=key.shown,
        rights=key.rights,
        note=key.note,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


def whoami_of(project: Project, key: ApiKey | None, user: User | None) -> WhoamiShape:
    judge = judge_in_use.default_for(project.pk)
    return WhoamiShape(
        project=project_of(project),
        rights="write" if project.viewer_can_write else "read",
        key=key_of(key) if key else None,
        user=user.email if user else None,
        judge=JudgeShape(
            name=judge.endpoint.name, model=judge.model, is_offline=judge.endpoint.is_offline
        ),
        server=settings.BASE_URL,
        version=settings.VERSION,
    )


class PricesShape(Schema):
    """Dollars for a million tokens; null is unknown, 0 is free. cached: null is as other input."""

    input_usd: float | None
    cached_usd: float | None
    output_usd: float | None


class EndpointShape(Schema):
    """A judge of the project. is_default: it answers signals that chose none."""

    id: UUID
    name: str
    base_url: str
    model: str
    has_key: bool = Field(description="Whether a key is stored; it is shown to nobody.")
    prices: PricesShape
    concurrency: int
    timeout_s: float
    is_default: bool
    archived_at: datetime | None


def endpoint_of(endpoint: JudgeEndpoint) -> EndpointShape:
    return EndpointShape(
        id=endpoint.uuid,
        name=endpoint.name,
        base_url=endpoint.base_url,
        model=endpoint.model,
        has_key=endpoint.has_key,
        prices=PricesShape(
            input_usd=endpoint.price_input_usd,
            cached_usd=endpoint.price_cached_usd,
            output_usd=endpoint.price_output_usd,
        ),
        concurrency=endpoint.concurrency,
        timeout_s=endpoint.timeout_s,
        is_default=endpoint.is_default,
        archived_at=endpoint.archived_at,
    )
