"""Who owns the demo: a user whom only a printed link signs in, a team, a project."""

from __future__ import annotations

from teams.models import Membership, Project, Team, User, free_slug

EMAIL = "demo@localhost"
TEAM = "Demo"
PROJECT = "Demo: airline support"
SLUG = "demo"
#: A minute's wait for labels of whole conversations would look broken in a demo.
SESSION_IDLE_S = 30


def ensure_user() -> User:
    """Return the demo's user, who has no usable password: knowing the address opens nothing.

    Whoever reads the printed link runs the server: in an empty installation that person is staff.
    """
    user = User.objects.filter(email=EMAIL).first()
    if user is None:
        is_alone = not User.objects.exists()
        user = User.objects.create_user(EMAIL, is_staff=is_alone, is_superuser=is_alone)
    return user


def ensure_project(user: User) -> Project:
    """Return the demo's project, of which `user` is an owner; make it where it is missing."""
    project = Project.objects.filter(is_demo=True).select_related("team").first()
    if project is None:
        project = Project.objects.create(
            team=Team.objects.create(name=TEAM),
            name=PROJECT,
            slug=free_slug(SLUG),
            session_idle_s=SESSION_IDLE_S,
            is_demo=True,
        )
    Membership.objects.get_or_create(
        team=project.team, user=user, defaults={"role": Membership.Role.OWNER}
    )
    return project
