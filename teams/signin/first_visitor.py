"""The first person of an empty installation, who becomes its owner and staff."""

from __future__ import annotations

from django.core import signing
from django.db import connection

from core.background.locks import AdvisoryLock, wait_for
from teams.models import Membership, Project, Team, User
from teams.signin import entries

SALT = "teams.first-visitor"
MAX_AGE_S = 24 * 3600


def is_awaited() -> bool:
    """Say whether nobody has an account yet."""
    return not User.objects.exists()


def token() -> str:
    """Return what lets its bearer be the first, on its own worth nothing once there is one."""
    return signing.dumps("first", salt=SALT)


def opens(given: str) -> bool:
    """Say whether that is such a token, not too old."""
    try:
        signing.loads(given, salt=SALT, max_age=MAX_AGE_S)
    except signing.BadSignature:
        return False
    return True


def comes_alone() -> bool:
    """Wait, inside of a transaction, until nobody else is becoming the first one, and say whether
    nobody has."""
    with connection.cursor() as cursor:
        wait_for(cursor, AdvisoryLock.FIRST_VISITOR)
    return is_awaited()


def appoint(user: User) -> None:
    """Make a new person staff, who may do everything."""
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])
    entries.enter("account.made_staff", user)


def operator() -> User | None:
    """Return who came first of the staff, whom the link that a start prints lets in."""
    staff = User.objects.filter(is_staff=True, is_active=True)
    return staff.order_by("date_joined", "pk").first()


def start_with_a_team(user: User) -> Project:
    """Make a person's own team with an empty project, so that the first page has a place."""
    name = user.email.partition("@")[0]
    team = Team.objects.create(name=f"{name}'s team")
    Membership.objects.create(team=team, user=user, role=Membership.Role.OWNER)
    return Project.objects.create(team=team, name=f"{name}'s project")
