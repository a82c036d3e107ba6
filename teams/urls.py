from django.urls import path

from teams.pages.account import views as account_views
from teams.pages.home import views
from teams.pages.keys import views as key_views
from teams.pages.members import views as member_views
from teams.pages.projects import views as project_views
from teams.pages.signin import views as signin_views

urlpatterns = [
    path("", views.home, name="home"),
    path("enter/<str:token>/", signin_views.sign_in_by_link, name="sign_in_by_link"),
    path("first/<str:token>/", signin_views.first, name="first_visitor"),
    path("account/", account_views.account, name="account"),
    path("projects/new/", project_views.project_new, name="project_new"),
    path("p/<slug:slug>/settings/", project_views.project_settings, name="settings"),
    path("p/<slug:slug>/settings/save/", project_views.project_save, name="project_save"),
    path("p/<slug:slug>/settings/members/", member_views.member_list, name="members"),
    path("p/<slug:slug>/settings/keys/", key_views.key_list, name="keys"),
    path("p/<slug:slug>/settings/keys/new/", key_views.key_issue, name="key_issue"),
    path(
        "p/<slug:slug>/settings/keys/<uuid:uuid>/revoke/",
        key_views.key_revoke,
        name="key_revoke",
    ),
]
