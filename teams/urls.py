from django.urls import path

from teams import account_views, key_views, project_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("enter/<str:token>/", views.sign_in_by_link, name="sign_in_by_link"),
    path("healthz", views.health, name="health"),
    path("account/", account_views.account, name="account"),
    path("projects/new/", project_views.project_new, name="project_new"),
    path("p/<slug:slug>/settings/", project_views.project_settings, name="settings"),
    path("p/<slug:slug>/settings/save/", project_views.project_save, name="project_save"),
    path("p/<slug:slug>/settings/keys/", key_views.key_issue, name="key_issue"),
    path(
        "p/<slug:slug>/settings/keys/<uuid:uuid>/revoke/",
        key_views.key_revoke,
        name="key_revoke",
    ),
]
