from django.urls import path, register_converter

from core.numbers import NumberConverter
from signals_app.pages.agent.views import agent_signals
from signals_app.pages.compare import views as compare_views
from signals_app.pages.form import create_views, edit_views
from signals_app.pages.runs import views as run_views
from signals_app.pages.signal import state_views
from signals_app.pages.signal import views as signal_views
from signals_app.pages.signal.csv_views import signal_labels_csv
from signals_app.pages.table import views as table_views
from signals_app.pages.trials import views as trial_views
from signals_app.pages.versions import views as version_views
from signals_app.pages.why.views import signal_retry_target, signal_why
from signals_app.scores import langfuse_views

register_converter(NumberConverter, "number")

urlpatterns = [
    path("api/public/projects", langfuse_views.projects, name="langfuse_projects"),
    path("api/public/scores", langfuse_views.scores, name="langfuse_scores"),
    path("api/public/ingestion", langfuse_views.ingestion, name="langfuse_ingestion"),
    path("api/public/<path:path>", langfuse_views.nothing, name="langfuse_nothing"),
    path("p/<slug:slug>/signals/", table_views.signals, name="signals"),
    path("p/<slug:slug>/agents/<uuid:uuid>/signals/", agent_signals, name="agent_signals"),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/labels.csv",
        signal_labels_csv,
        name="signal_labels_csv",
    ),
    path("p/<slug:slug>/signals/new/", create_views.signal_new, name="signal_new"),
    path("p/<slug:slug>/signals/create/", create_views.signal_create, name="signal_create"),
    path(
        "p/<slug:slug>/signals/save-draft/",
        create_views.signal_save_draft,
        name="signal_save_draft",
    ),
    path("p/<slug:slug>/signals/forecast/", create_views.signal_forecast, name="signal_forecast"),
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
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/archive/",
        state_views.signal_archive,
        name="signal_archive",
    ),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/restore/",
        state_views.signal_restore,
        name="signal_restore",
    ),
    path("p/<slug:slug>/signals/<uuid:uuid>/edit/", edit_views.signal_edit, name="signal_edit"),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/edit/save/",
        edit_views.signal_edit_save,
        name="signal_edit_save",
    ),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/versions/",
        version_views.signal_versions,
        name="signal_versions",
    ),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/versions/<number:number>/again/",
        version_views.signal_version_again,
        name="signal_version_again",
    ),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/compare/",
        compare_views.signal_compare,
        name="signal_compare",
    ),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/compare/start/",
        compare_views.signal_compare_start,
        name="signal_compare_start",
    ),
    path(
        "p/<slug:slug>/signals/comparisons/<uuid:uuid>/",
        compare_views.comparison,
        name="comparison",
    ),
    path(
        "p/<slug:slug>/signals/comparisons/<uuid:uuid>/cancel/",
        compare_views.comparison_cancel,
        name="comparison_cancel",
    ),
    path("p/<slug:slug>/signals/<uuid:uuid>/retry/", run_views.signal_retry, name="signal_retry"),
    path("p/<slug:slug>/signals/<uuid:uuid>/runs/", run_views.signal_runs, name="signal_runs"),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/runs/new/",
        run_views.signal_run_new,
        name="signal_run_new",
    ),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/runs/start/",
        run_views.signal_run_start,
        name="signal_run_start",
    ),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/runs/<uuid:run>/",
        run_views.signal_run,
        name="signal_run",
    ),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/runs/<uuid:run>/cancel/",
        run_views.signal_run_cancel,
        name="signal_run_cancel",
    ),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/runs/<uuid:run>/retry/",
        run_views.signal_run_retry,
        name="signal_run_retry",
    ),
    path("p/<slug:slug>/signals/<uuid:uuid>/why/", signal_why, name="signal_why"),
    path(
        "p/<slug:slug>/signals/<uuid:uuid>/retry-target/",
        signal_retry_target,
        name="signal_retry_target",
    ),
    path("p/<slug:slug>/signals/try/", trial_views.trial_of_form, name="trial_of_form"),
    path("p/<slug:slug>/signals/<uuid:uuid>/test/", trial_views.signal_test, name="signal_test"),
    path("p/<slug:slug>/signals/<uuid:uuid>/try/", trial_views.signal_try, name="signal_try"),
    path("p/<slug:slug>/trials/<uuid:uuid>/", trial_views.trial, name="trial"),
    path("p/<slug:slug>/trials/<uuid:uuid>/cancel/", trial_views.trial_cancel, name="trial_cancel"),
    path("p/<slug:slug>/trials/<uuid:uuid>/mark/", trial_views.trial_mark, name="trial_mark"),
    path("p/<slug:slug>/trials/<uuid:uuid>/again/", trial_views.trial_again, name="trial_again"),
]
