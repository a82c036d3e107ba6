from django.urls import path, register_converter

from core.numbers import NumberConverter
from signals_app.pages.agent.views import agent_signals
from signals_app.pages.compare import views as compare_views
from signals_app.pages.data import views as data_views
from signals_app.pages.form import create_views, edit_views
from signals_app.pages.judges import views as judge_views
from signals_app.pages.runs import views as run_views
from signals_app.pages.signal import state_views
from signals_app.pages.signal import views as signal_views
from signals_app.pages.signal.csv_views import signal_labels_csv
from signals_app.pages.spend import views as spend_views
from signals_app.pages.table import views as table_views
from signals_app.pages.trials import views as trial_views
from signals_app.pages.versions import views as version_views
from signals_app.pages.why.views import signal_retry_target, signal_why
from signals_app.scores import langfuse_views

register_converter(NumberConverter, "number")

PROJECT = "p/<slug:slug>/"
SIGNALS = f"{PROJECT}signals/"
SIGNAL = f"{SIGNALS}<uuid:uuid>/"
RUN = f"{SIGNAL}runs/<uuid:run>/"
TRIAL = f"{PROJECT}trials/<uuid:uuid>/"
JUDGES = f"{PROJECT}settings/judges/"
JUDGE = f"{JUDGES}<uuid:uuid>/"

urlpatterns = [
    path("p/<slug:slug>/settings/data/", data_views.data, name="settings_data"),
    path("p/<slug:slug>/settings/data/keep/", data_views.retention_save, name="retention_save"),
    path("api/public/projects", langfuse_views.projects, name="langfuse_projects"),
    path("api/public/scores", langfuse_views.scores, name="langfuse_scores"),
    path("api/public/ingestion", langfuse_views.ingestion, name="langfuse_ingestion"),
    path("api/public/<path:path>", langfuse_views.nothing, name="langfuse_nothing"),
    path(f"{PROJECT}settings/spend/", spend_views.spend, name="spend"),
    path(f"{PROJECT}settings/spend.csv", spend_views.spend_csv, name="spend_csv"),
    path(f"{PROJECT}settings/budget/", spend_views.budget_set, name="budget_set"),
    path(f"{PROJECT}settings/budget/remove/", spend_views.budget_remove, name="budget_remove"),
    path(SIGNALS, table_views.signals, name="signals"),
    path(f"{PROJECT}agents/<uuid:uuid>/signals/", agent_signals, name="agent_signals"),
    path(f"{SIGNAL}labels.csv", signal_labels_csv, name="signal_labels_csv"),
    path(f"{SIGNALS}new/", create_views.signal_new, name="signal_new"),
    path(f"{SIGNALS}create/", create_views.signal_create, name="signal_create"),
    path(f"{SIGNALS}save-draft/", create_views.signal_save_draft, name="signal_save_draft"),
    path(f"{SIGNALS}forecast/", create_views.signal_forecast, name="signal_forecast"),
    path(SIGNAL, signal_views.signal, name="signal"),
    path(f"{SIGNAL}activate/", state_views.signal_activate, name="signal_activate"),
    path(f"{SIGNAL}pause/", state_views.signal_pause, name="signal_pause"),
    path(f"{SIGNAL}resume/", state_views.signal_resume, name="signal_resume"),
    path(f"{SIGNAL}archive/", state_views.signal_archive, name="signal_archive"),
    path(f"{SIGNAL}restore/", state_views.signal_restore, name="signal_restore"),
    path(f"{SIGNAL}edit/", edit_views.signal_edit, name="signal_edit"),
    path(f"{SIGNAL}edit/save/", edit_views.signal_edit_save, name="signal_edit_save"),
    path(f"{SIGNAL}versions/", version_views.signal_versions, name="signal_versions"),
    path(
        f"{SIGNAL}versions/<number:number>/again/",
        version_views.signal_version_again,
        name="signal_version_again",
    ),
    path(f"{SIGNAL}compare/", compare_views.signal_compare, name="signal_compare"),
    path(
        f"{SIGNAL}compare/start/", compare_views.signal_compare_start, name="signal_compare_start"
    ),
    path(f"{SIGNALS}comparisons/<uuid:uuid>/", compare_views.comparison, name="comparison"),
    path(
        f"{SIGNALS}comparisons/<uuid:uuid>/cancel/",
        compare_views.comparison_cancel,
        name="comparison_cancel",
    ),
    path(f"{SIGNAL}retry/", run_views.signal_retry, name="signal_retry"),
    path(f"{SIGNAL}runs/", run_views.signal_runs, name="signal_runs"),
    path(f"{SIGNAL}runs/new/", run_views.signal_run_new, name="signal_run_new"),
    path(f"{SIGNAL}runs/start/", run_views.signal_run_start, name="signal_run_start"),
    path(RUN, run_views.signal_run, name="signal_run"),
    path(f"{RUN}cancel/", run_views.signal_run_cancel, name="signal_run_cancel"),
    path(f"{RUN}retry/", run_views.signal_run_retry, name="signal_run_retry"),
    path(f"{SIGNAL}why/", signal_why, name="signal_why"),
    path(f"{SIGNAL}retry-target/", signal_retry_target, name="signal_retry_target"),
    path(f"{SIGNALS}try/", trial_views.trial_of_form, name="trial_of_form"),
    path(f"{SIGNAL}test/", trial_views.signal_test, name="signal_test"),
    path(f"{SIGNAL}try/", trial_views.signal_try, name="signal_try"),
    path(TRIAL, trial_views.trial, name="trial"),
    path(f"{TRIAL}cancel/", trial_views.trial_cancel, name="trial_cancel"),
    path(f"{TRIAL}mark/", trial_views.trial_mark, name="trial_mark"),
    path(f"{TRIAL}again/", trial_views.trial_again, name="trial_again"),
    path(JUDGES, judge_views.judge_list, name="judges"),
    path(f"{JUDGES}new/", judge_views.judge_new, name="judge_new"),
    path(f"{JUDGES}default/", judge_views.judge_default, name="judge_default"),
    path(JUDGE, judge_views.judge, name="judge"),
    path(f"{JUDGE}test/", judge_views.judge_test, name="judge_test"),
    path(f"{JUDGE}archive/", judge_views.judge_archive, name="judge_archive"),
    path(f"{JUDGE}restore/", judge_views.judge_restore, name="judge_restore"),
    path(f"{JUDGE}resume/", judge_views.judge_resume, name="judge_resume"),
]
