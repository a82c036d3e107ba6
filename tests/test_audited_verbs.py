"""Every verb of the table in docs/architecture.md that changes something leaves an entry in the
audit log: by a deed that tests/teams/audit/test_every_verb.py does, or is known not to."""

from __future__ import annotations

import inspect
import re
from importlib import import_module

from tests.deeds import DEEDS
from tests.test_verbs import PAGE

TABLE = PAGE.partition("## Verbs")[2].partition("\n## ")[0]
VERBS = set(re.findall(r"`((?:api|teams|traces|signals_app|alerts)\.[\w.]+\.\w+)`", TABLE))

#: What only answers. A verb that is neither here nor below must leave an entry.
READS = {
    *("teams.audit.reading.page_of", "teams.audit.reading.offered"),
    "signals_app.spending.budgets.of_project",
    *("api.oauth.programs.of_person", "teams.access.project_for", "teams.access.project_of"),
    *("teams.people.members.of_team", "teams.keys.opened_by", "teams.signin.links.user_of"),
    *("teams.signin.addresses.confirmed_among", "teams.signin.sessions.of_person"),
    *("teams.people.invitations.find", "teams.deletion.undoing.deleted_projects"),
    "teams.deletion.undoing.deleted_teams",
    *("traces.search.traces.find", "traces.search.traces.facets_in", "traces.search.spans.find"),
    *("traces.search.sessions.find", "traces.extensions.filter_values"),
    *("traces.extensions.session_filter_values", "traces.conversations.of_trace"),
    *("traces.conversations.of_span", "traces.conversations.of_session"),
    *("traces.store.outline.outline", "traces.store.reading.span"),
    *("traces.store.bounded_reading.spans_of_trace", "traces.store.reading.turns_of_session"),
    *("traces.exporting.exporting.count", "traces.figures.agents.rows_of"),
    *("traces.figures.agent_overview.overview", "signals_app.labels.summaries.summaries"),
    *("signals_app.labels.summaries.page_of", "signals_app.definition.drafts.begun"),
    *("signals_app.definition.drafts.changed", "signals_app.definition.diffs.diff"),
    *("signals_app.trials.trials.unsaved", "signals_app.trials.trials.otherwise"),
    *("signals_app.trials.figures.rows_of", "signals_app.trials.figures.figures"),
    *("signals_app.trials.comparison_figures.shown", "signals_app.runs.runs.preview"),
    *("signals_app.runs.preview.count", "signals_app.runs.cost.estimate"),
    *("signals_app.runs.run_table.page_of", "signals_app.runs.progress.of_runs"),
    *("signals_app.labels.label_table.page_of", "signals_app.labels.counts.in_window"),
    *("signals_app.labels.distribution.distribution", "signals_app.spending.usage.usage"),
    *("signals_app.spending.usage.total", "signals_app.explain.targets.find"),
    *("signals_app.explain.facts.answers", "signals_app.explain.replies.of_all"),
    *("signals_app.explain.no_labels.why", "signals_app.explain.judged_text.read"),
    *("alerts.listing.page_of", "alerts.channel_choices.told", "alerts.decision.advice.default"),
    *("alerts.decision.advice.warnings", "alerts.evaluation.backtesting.replay"),
    "alerts.evaluation.backtesting.of_condition",
}
#: What changes something and is not kept, and why.
NOT_KEPT = {
    "signals_app.trials.trials.mark": "a remark of a trial, which is gone in two weeks",
    "alerts.overview.sample.send": "a letter to whoever asks for it",
}


def says_so_itself(path: str) -> bool:
    """Whether the module of a verb calls the audit log: for verbs that have no deed here yet."""
    return "audit.record(" in inspect.getsource(import_module(path.rpartition(".")[0]))


def test_every_verb_that_changes_something_is_entered_or_known_not_to_be() -> None:
    rest = VERBS - READS - set(NOT_KEPT) - set(DEEDS)
    assert {path for path in rest if not says_so_itself(path)} == set()


def test_nothing_here_is_a_verb_no_more() -> None:
    assert {*READS, *NOT_KEPT, *DEEDS} - VERBS == set()
