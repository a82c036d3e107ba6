from django.urls import path

from alerts.pages import delivery_views, mute_views, slack_views

urlpatterns = [
    path("p/<slug:slug>/settings/slack/", slack_views.slack_settings, name="slack"),
    path("p/<slug:slug>/settings/slack/connect/", slack_views.slack_connect, name="slack_connect"),
    path("p/<slug:slug>/settings/slack/token/", slack_views.slack_token, name="slack_token"),
    path("p/<slug:slug>/settings/slack/test/", slack_views.slack_test, name="slack_test"),
    path(
        "p/<slug:slug>/settings/slack/disconnect/",
        slack_views.slack_disconnect,
        name="slack_disconnect",
    ),
    path("slack/callback/", slack_views.slack_callback, name="slack_callback"),
    path(
        "p/<slug:slug>/deliveries/<uuid:uuid>/retry/",
        delivery_views.delivery_retry,
        name="delivery_retry",
    ),
    path(
        "p/<slug:slug>/alerts/<uuid:uuid>/channels/<str:kind>/resume/",
        delivery_views.channel_resume,
        name="channel_resume",
    ),
    path(
        "p/<slug:slug>/alerts/<uuid:uuid>/webhook-secret/",
        delivery_views.webhook_secret,
        name="webhook_secret",
    ),
    path(
        "p/<slug:slug>/alerts/<uuid:uuid>/webhook-test/",
        delivery_views.webhook_test,
        name="webhook_test",
    ),
    path("mute/<str:token>/", mute_views.mute_by_link, name="mute_by_link"),
]
