"""Every address of a project, and what each role gets there: tried by all, whatever is offered.

The table of addresses is that of tests/test_strangers.py. What is in neither set below is for
everybody in the team; a new address that changes something fails here until it stands in one.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils.html import strip_tags

from teams.models import Project
from tests.html import html_of
from tests.test_strangers import OF_A_PROJECT, arguments, url_of  # noqa: F401
from tests.traces.arrivals import member

pytestmark = pytest.mark.django_db

#: For members up: what makes and changes signals, alerts, runs, trials, agents.
WRITE = {
    *("agent_rename", "agent_rename_undo", "agent_merge", "agent_merge_undo"),
    *("signal_new", "signal_forecast", "signal_create", "signal_save_draft", "signal_activate"),
    *("signal_pause", "signal_resume", "signal_archive", "signal_restore", "signal_edit"),
    *("signal_edit_save", "signal_version_again", "signal_compare", "signal_compare_start"),
    *("comparison_cancel", "signal_retry", "signal_run_new", "signal_run_start"),
    *("signal_run_cancel", "signal_run_retry", "signal_retry_target", "signal_test", "signal_try"),
    *("trial_of_form", "trial_cancel", "trial_mark", "trial_again"),
    *("alert_new", "alert_new_preview", "alert_create", "alert_edit", "alert_edit_preview"),
    *("alert_edit_save", "alert_pause", "alert_resume", "alert_archive", "alert_restore"),
    *("delivery_retry", "channel_resume", "webhook_secret", "webhook_test"),
}
#: For owners and admins: people, keys, judges, Slack, money, what is kept, settings.
MANAGE = {
    *("project_save", "project_delete", "key_issue", "key_revoke", "audit_log", "audit_log_csv"),
    *("member_role", "member_remove", "member_invite"),
    *("settings_data", "retention_save", "erase", "erase_begin"),
    *("judge_new", "judge_default", "judge_archive", "judge_restore"),
    *("judge_resume", "budget_set", "budget_remove"),
    *("invitation_mail", "invitation_link", "invitation_revoke"),
    *("slack_connect", "slack_token", "slack_test", "slack_trouble", "slack_disconnect"),
}
OWN = {"hand_over"}
#: What anybody in the team may do for themselves, though it changes something.
FOR_THEMSELVES = {"alert_mute", "alert_unmute", "leave"}

RIGHTS = {"owner": 4, "admin": 3, "member": 2, "viewer": 1}


def needed(name: str) -> int:
    return 4 if name in OWN else 3 if name in MANAGE else 2 if name in WRITE else 1


def test_the_sets_name_addresses_that_are_there() -> None:
    assert set(OF_A_PROJECT) >= WRITE | MANAGE | OWN | FOR_THEMSELVES


def test_every_address_that_only_changes_something_says_who_may() -> None:
    said = WRITE | MANAGE | OWN | FOR_THEMSELVES
    posts = {name for name, method in OF_A_PROJECT.items() if method == "post"}
    new = {name for name in posts - said if not name.startswith("overview")}
    assert new == set(), "put each into WRITE, MANAGE, OWN or FOR_THEMSELVES above"


@pytest.mark.parametrize("role", RIGHTS)
def test_each_role_gets_what_it_may_and_a_sentence_for_the_rest(
    client: Client,
    arguments: dict[str, dict[str, str | UUID]],  # noqa: F811
    role: str,
) -> None:
    client.force_login(member(Project.objects.get(name="Theirs"), role))
    wrong: dict[str, Any] = {}
    for name, method in OF_A_PROJECT.items():
        response = getattr(client, method)(url_of(name, arguments))
        if RIGHTS[role] >= needed(name):
            if response.status_code not in (200, 302, 422):
                wrong[name] = response.status_code
        elif response.status_code != 403 or "Ask" not in strip_tags(html_of(response)):
            wrong[name] = response.status_code
    assert wrong == {}, "what the address asks for, and what the sets above say, differ"
