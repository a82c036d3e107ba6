from django.urls import path

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

MEMBERS = "p/<slug:slug>/settings/members/"
INVITATION = f"{MEMBERS}invitations/<uuid:uuid>/"

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
    path(MEMBERS, member_views.member_list, name="members"),
    path(f"{MEMBERS}<int:pk>/role/", member_views.member_role, name="member_role"),
    path(f"{MEMBERS}<int:pk>/remove/", member_views.member_remove, name="member_remove"),
    path(f"{MEMBERS}leave/", member_views.leave, name="leave"),
    path(f"{MEMBERS}hand-over/", member_views.hand_over, name="hand_over"),
    path(f"{MEMBERS}invite/", invitation_views.invite, name="member_invite"),
    path(f"{INVITATION}mail/", invitation_views.invitation_mail, name="invitation_mail"),
    path(f"{INVITATION}link/", invitation_views.invitation_link, name="invitation_link"),
    path(f"{INVITATION}revoke/", invitation_views.invitation_revoke, name="invitation_revoke"),
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
