from django.urls import include, path

from alerts.pages.alert import delivery_views, mute_views, state_views
from alerts.pages.alert import views as alert_views
from alerts.pages.form import views as form_views
from alerts.pages.slack import views as slack_views
from alerts.pages.table import views as table_views

PROJECT = "p/<slug:slug>/"
ALERTS = f"{PROJECT}alerts/"
ALERT = f"{ALERTS}<uuid:uuid>/"
SLACK = f"{PROJECT}settings/slack/"

urlpatterns = [
    path(ALERTS, table_views.alerts, name="alerts"),
    path(f"{ALERTS}new/", form_views.alert_new, name="alert_new"),
    path(f"{ALERTS}new/preview/", form_views.alert_new_preview, name="alert_new_preview"),
    path(f"{ALERTS}create/", form_views.alert_create, name="alert_create"),
    path(ALERT, alert_views.alert, name="alert"),
    path(f"{ALERT}edit/", form_views.alert_edit, name="alert_edit"),
    path(f"{ALERT}edit/preview/", form_views.alert_edit_preview, name="alert_edit_preview"),
    path(f"{ALERT}edit/save/", form_views.alert_edit_save, name="alert_edit_save"),
    path(f"{ALERT}pause/", state_views.alert_pause, name="alert_pause"),
    path(f"{ALERT}resume/", state_views.alert_resume, name="alert_resume"),
    path(f"{ALERT}archive/", state_views.alert_archive, name="alert_archive"),
    path(f"{ALERT}restore/", state_views.alert_restore, name="alert_restore"),
    path(f"{ALERT}mute/", state_views.alert_mute, name="alert_mute"),
    path(f"{ALERT}unmute/", state_views.alert_unmute, name="alert_unmute"),
    path(f"{ALERT}firings/<uuid:firing>/traces/", alert_views.firing_traces, name="firing_traces"),
    path(
        f"{ALERT}channels/<str:kind>/resume/", delivery_views.channel_resume, name="channel_resume"
    ),
    path(f"{ALERT}webhook-secret/", delivery_views.webhook_secret, name="webhook_secret"),
    path(f"{ALERT}webhook-test/", delivery_views.webhook_test, name="webhook_test"),
    path(
        f"{PROJECT}deliveries/<uuid:uuid>/retry/",
        delivery_views.delivery_retry,
        name="delivery_retry",
    ),
    path("mute/<str:token>/", mute_views.mute_by_link, name="mute_by_link"),
    path(SLACK, slack_views.slack_settings, name="slack"),
    path(f"{SLACK}connect/", slack_views.slack_connect, name="slack_connect"),
    path(f"{SLACK}token/", slack_views.slack_token, name="slack_token"),
    path(f"{SLACK}test/", slack_views.slack_test, name="slack_test"),
    path(f"{SLACK}trouble/", slack_views.slack_trouble, name="slack_trouble"),
    path(f"{SLACK}disconnect/", slack_views.slack_disconnect, name="slack_disconnect"),
    path("slack/callback/", slack_views.slack_callback, name="slack_callback"),
    path("", include("alerts.overview.urls")),
]
