from django.urls import path

from signals_app.pages import create_views, signal_views, state_views, table_views

urlpatterns = [
    path("p/<slug:slug>/signals/", table_views.signals, name="signals"),
    path("p/<slug:slug>/signals/new/", create_views.signal_new, name="signal_new"),
    path("p/<slug:slug>/signals/create/", create_views.signal_create, name="signal_create"),
    path(
        "p/<slug:slug>/signals/save-draft/",
        create_views.signal_save_draft,
        name="signal_save_draft",
    ),
    path("p/<slug:slug>/signals/<uuid:uuid>/", signal_views.signal, name="signal"),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/activate/",
        state_views.signal_activate,
        name="signal_activate",
    ),
    path("p/<slug:slug>/signals/<uuid:uuid>/pause/", state_views.signal_pause, name="signal_pause"),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/resume/",
        state_views.signal_resume,
        name="signal_resume",
    ),
]
