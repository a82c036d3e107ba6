from django.urls import path

from alerts.pages import alert_views, form_views, state_views, table_views

ONE = "p/<slug:slug>/alerts/<uuid:uuid>/"

urlpatterns = [
    path("p/<slug:slug>/alerts/", table_views.alerts, name="alerts"),
    path("p/<slug:slug>/alerts/new/", form_views.alert_new, name="alert_new"),
    path(
        "p/<slug:slug>/alerts/new/preview/",
        form_views.alert_new_preview,
        name="alert_new_preview",
    ),
    path("p/<slug:slug>/alerts/create/", form_views.alert_create, name="alert_create"),
    path(ONE, alert_views.alert, name="alert"),
    path(f"{ONE}edit/", form_views.alert_edit, name="alert_edit"),
    path(f"{ONE}edit/preview/", form_views.alert_edit_preview, name="alert_edit_preview"),
    path(f"{ONE}edit/save/", form_views.alert_edit_save, name="alert_edit_save"),
    path(f"{ONE}pause/", state_views.alert_pause, name="alert_pause"),
    path(f"{ONE}resume/", state_views.alert_resume, name="alert_resume"),
    path(f"{ONE}archive/", state_views.alert_archive, name="alert_archive"),
    path(f"{ONE}restore/", state_views.alert_restore, name="alert_restore"),
    path(f"{ONE}mute/", state_views.alert_mute, name="alert_mute"),
    path(f"{ONE}unmute/", state_views.alert_unmute, name="alert_unmute"),
    path(
        f"{ONE}firings/<uuid:firing>/traces/",
        alert_views.firing_traces,
        name="firing_traces",
    ),
]
