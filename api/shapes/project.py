"""Projects, keys, and who asks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from ninja import Schema

from api.shapes import links
from signals_app.judging import judge_in_use
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
    """The judge that answers; `is_offline` is the one built in, which is no language model."""

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
    return WhoamiShape(
        project=project_of(project),
        rights="write" if project.viewer_can_write else "read",
        key=key_of(key) if key else None,
        user=user.email if user else None,
        judge=JudgeShape(model=judge_in_use.model_in_use(), is_offline=judge_in_use.is_offline()),
        server=settings.BASE_URL,
        version=settings.VERSION,
    )
