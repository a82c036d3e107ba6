from typing import Any

from django.urls import URLPattern, path

from teams.pages.account import session_views
from teams.pages.account import views as account_views
from teams.pages.audit import views as audit_views
from teams.pages.deletion import views as deletion_views
from teams.pages.home import views
from teams.pages.invitations import views as joining_views
from teams.pages.keys import views as key_views
from teams.pages.members import invitation_views
from teams.pages.members import views as member_views
from teams.pages.projects import views as project_views
from teams.pages.signin import views as signin_views
from teams.pages.teams import views as team_views


def about_members(prefix: str, of: str = "") -> list[URLPattern]:
    """Return the pages about the members of a team, under one of the two places that they have;
    their names begin with `of`."""
    invitation = f"{prefix}invitations/<uuid:uuid>/"
    pages: dict[str, tuple[str, Any]] = {
        "members": (prefix, member_views.member_list),
        "member_role": (f"{prefix}<int:pk>/role/", member_views.member_role),
        "member_remove": (f"{prefix}<int:pk>/remove/", member_views.member_remove),
        "leave": (f"{prefix}leave/", member_views.leave),
        "hand_over": (f"{prefix}hand-over/", member_views.hand_over),
        "member_invite": (f"{prefix}invite/", invitation_views.invite),
        "invitation_mail": (f"{invitation}mail/", invitation_views.invitation_mail),
        "invitation_link": (f"{invitation}link/", invitation_views.invitation_link),
        "invitation_revoke": (f"{invitation}revoke/", invitation_views.invitation_revoke),
    }
    return [path(where, view, name=f"{of}{name}") for name, (where, view) in pages.items()]


urlpatterns = [
    path("", views.home, name="home"),
    path("enter/<str:token>/", signin_views.sign_in_by_link, name="sign_in_by_link"),
    path("first/<str:token>/", signin_views.first, name="first_visitor"),
    path("account/", account_views.account, name="account"),
    path("account/sessions/<int:pk>/end/", session_views.session_end, name="session_end"),
    path(
        "account/sessions/end-others/",
        session_views.sessions_end_others,
        name="sessions_end_others",
    ),
    # Before allauth's own pages at these addresses.
    path("accounts/second-factor/", session_views.second_factors, name="second_factors"),
    path("accounts/second-factor/webauthn/", session_views.second_factors, name="passkeys"),
    path("accounts/single-sign-on/", session_views.second_factors, name="identities"),
    path("account/delete/", deletion_views.account_delete, name="account_delete"),
    path("teams/", team_views.team_list, name="teams"),
    path("teams/new/", team_views.team_new, name="team_new"),
    path("teams/<uuid:uuid>/rename/", team_views.team_rename, name="team_rename"),
    path("teams/<uuid:uuid>/delete/", deletion_views.team_delete, name="team_delete"),
    path("teams/<uuid:uuid>/restore/", team_views.team_restore, name="team_restore"),
    path("teams/<uuid:uuid>/delete-now/", deletion_views.team_delete_now, name="team_delete_now"),
    path(
        "projects/<uuid:uuid>/delete-now/",
        deletion_views.project_delete_now,
        name="project_delete_now",
    ),
    path("projects/<uuid:uuid>/restore/", team_views.project_restore, name="project_restore"),
    path("p/<slug:slug>/settings/delete/", deletion_views.project_delete, name="project_delete"),
    path("projects/new/", project_views.project_new, name="project_new"),
    path("p/<slug:slug>/settings/", project_views.project_settings, name="settings"),
    path("p/<slug:slug>/settings/save/", project_views.project_save, name="project_save"),
    path("invite/<str:token>/", joining_views.invitation, name="invitation"),
    path("invite/<str:token>/join/", joining_views.invitation_join, name="invitation_join"),
    path(
        "invite/<str:token>/sign-up/",
        joining_views.invitation_sign_up,
        name="invitation_sign_up",
    ),
    *about_members("p/<slug:slug>/settings/members/"),
    *about_members("teams/<uuid:team>/members/", "team_"),
    path("p/<slug:slug>/settings/keys/", key_views.key_list, name="keys"),
    path("p/<slug:slug>/settings/keys/new/", key_views.key_issue, name="key_issue"),
    path(
        "p/<slug:slug>/settings/keys/<uuid:uuid>/revoke/",
        key_views.key_revoke,
        name="key_revoke",
    ),
    path("p/<slug:slug>/settings/audit/", audit_views.audit_log, name="audit_log"),
    path("p/<slug:slug>/settings/audit.csv", audit_views.audit_log_csv, name="audit_log_csv"),
]
