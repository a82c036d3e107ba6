"""Every URL, seen by a stranger and by nobody.

A new URL must be put into one of the tables below, else the first test fails: that is
how nobody forgets to ask whom a page is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from alerts.models import Kind
from signals_app.models import Signal
from signals_app.runs import runs
from signals_app.trials import trials
from teams.models import ApiKey, Project, Team
from teams.people import invitations
from tests.alerts.owed import owed, tell
from tests.alerts.watched import alert_of, firing_of
from tests.signals_app.judges.making import endpoint
from tests.signals_app.labelled import new_signal
from tests.traces.arrivals import arrive, member, new_project, trace_id_of, turn
from traces.agents import merging
from traces.models import Agent, Session

pytestmark = pytest.mark.django_db

#: Of a project: the name of the URL and the method that it answers.
OF_A_PROJECT = {
    "settings": "get",
    "audit_log": "get",
    "audit_log_csv": "get",
    "settings_data": "get",
    "retention_save": "post",
    "erase": "get",
    "erase_begin": "post",
    "agent": "get",
    "agent_signals": "get",
    "agent_rename": "get",
    "agent_rename_undo": "post",
    "agent_merge": "get",
    "agent_merge_undo": "post",
    "signal_labels_csv": "get",
    "project_save": "post",
    "project_delete": "get",
    "members": "get",
    "member_role": "post",
    "member_remove": "get",
    "leave": "get",
    "hand_over": "get",
    "member_invite": "post",
    "invitation_mail": "post",
    "invitation_link": "post",
    "invitation_revoke": "get",
    "keys": "get",
    "key_issue": "post",
    "key_revoke": "get",
    "judges": "get",
    "judge_new": "get",
    "judge_default": "post",
    "judge": "get",
    "judge_test": "get",
    "judge_archive": "get",
    "judge_restore": "post",
    "judge_resume": "post",
    "signals": "get",
    "signal_new": "get",
    "signal_forecast": "get",
    "signal_create": "post",
    "signal_save_draft": "post",
    "signal": "get",
    "signal_activate": "post",
    "signal_pause": "post",
    "signal_resume": "post",
    "signal_archive": "get",
    "signal_restore": "get",
    "signal_code": "get",
    "signal_edit": "get",
    "signal_edit_save": "post",
    "signal_versions": "get",
    "signal_version_again": "post",
    "signal_compare": "get",
    "signal_compare_start": "post",
    "comparison": "get",
    "comparison_cancel": "post",
    "signal_retry": "post",
    "signal_runs": "get",
    "signal_run_new": "get",
    "signal_run_start": "post",
    "signal_run": "get",
    "signal_run_cancel": "post",
    "signal_run_retry": "post",
    "signal_why": "get",
    "signal_retry_target": "post",
    "signal_test": "get",
    "signal_try": "post",
    "trial_of_form": "post",
    "trial": "get",
    "trial_cancel": "post",
    "trial_mark": "post",
    "trial_again": "post",
    "alerts": "get",
    "alert_new": "get",
    "alert_new_preview": "post",
    "alert_create": "post",
    "alert": "get",
    "alert_code": "get",
    "alert_edit": "get",
    "alert_edit_preview": "post",
    "alert_edit_save": "post",
    "alert_pause": "post",
    "alert_resume": "post",
    "alert_archive": "post",
    "alert_restore": "post",
    "alert_mute": "post",
    "alert_unmute": "post",
    "firing_traces": "get",
    "traces": "get",
    "traces_file": "get",
    "trace": "get",
    "sessions": "get",
    "session": "get",
    "agents": "get",
    "spend": "get",
    "spend_csv": "get",
    "budget_set": "post",
    "budget_remove": "post",
    "slack": "get",
    "slack_connect": "get",
    "slack_token": "post",
    "slack_test": "post",
    "slack_trouble": "post",
    "slack_disconnect": "get",
    "delivery_retry": "post",
    "channel_resume": "post",
    "webhook_secret": "get",
    "webhook_test": "post",
    "overview": "get",
    "overview_save": "post",
    "overview_stop": "post",
    "overview_test": "post",
}
#: Of the person who is signed in, whoever it is.
OF_THE_PERSON = {
    *("session_end", "sessions_end_others"),  # tests/teams/signin/test_sessions.py
    *("second_factors", "passkeys", "identities"),
    *("home", "account", "account_delete", "project_new", "slack_callback"),
    *("teams", "team_new"),
    *("programs", "program_end"),  # tests/api/oauth/test_programs_page.py
}
#: Of a team, by its id: what each answers a stranger with. The last four know those alone who may.
OF_A_TEAM = {
    **dict.fromkeys(("team_rename", "team_delete"), 404),
    **dict.fromkeys(("team_restore", "project_restore"), 302),
    **dict.fromkeys(("team_delete_now", "project_delete_now"), 302),
}
#: The pages about members with a team alone: those of a project by another address.
OF_A_TEAM_ALONE = {
    *("team_members", "team_member_role", "team_member_remove", "team_leave", "team_hand_over"),
    *("team_member_invite", "team_invitation_mail", "team_invitation_link"),
    "team_invitation_revoke",
}
#: Of whoever looks after the program (tests/runner/health/test_page.py); others find nothing.
OF_STAFF = {"health"}
#: For everybody: no data of anyone's stands there.
OPEN_DOORS = {
    *("sign_in_by_link", "first_visitor", "mute_by_link", "overview_unsubscribe"),
    *("invitation", "invitation_join", "invitation_sign_up"),
    *("openapi", "api_docs", "api_nowhere", "signals_pyz"),
}
#: For programs that show an API key (tests/signals_app/scores/test_scores.py).
OF_A_KEY = {
    *("langfuse_projects", "langfuse_scores", "langfuse_ingestion", "langfuse_nothing"),
    *("inf_procedure", "inf_sign_in", "inf_part", "inf_export"),  # tests/api/inf/test_door.py
}
#: For programs that ask a person to let them in (tests/api/oauth).
OF_OAUTH = {
    *("configuration", "oauth_server", "jwks", "client_registration", "authorization"),
    *("device_code", "device_authorization", "token", "revoke", "userinfo", "logout"),
}
#: Guarded by their own packages, and by the door of REST (tests/api/rest/test_strangers.py).
OTHERS = {
    *("admin/", "accounts/", "accounts/second-factor/", "accounts/single-sign-on/", "api/v1/"),
}


def patterns(found: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for entry in found:
        if isinstance(entry, URLPattern):
            yield entry
        elif str(entry.pattern) not in OTHERS:
            yield from patterns(entry.url_patterns)


@pytest.fixture
def arguments() -> dict[str, dict[str, str | UUID]]:
    """What each URL of a project is called with: things that exist."""
    project = new_project("Theirs")
    arrive(project, *turn("a", session__id="chat"))
    signal: Signal = new_signal(Agent.objects.get())
    key, _secret = ApiKey.objects.issue(project, "key")
    slug: dict[str, str | UUID] = {"slug": project.slug}
    with_signal = slug | {"uuid": signal.uuid}
    named = {name: with_signal for name in OF_A_PROJECT if name.startswith("signal_")}
    named |= dict.fromkeys(
        ("signal_new", "signal_forecast", "signal_create", "signal_save_draft"), slug
    )
    assert signal.live_version is not None
    asked, now = trials.of_version(signal, signal.live_version), timezone.now()
    trial = trials.start(asked, now - timedelta(days=1), now, 1, None, now)
    with_trial = slug | {"uuid": trial.uuid}
    named |= {name: with_trial for name in OF_A_PROJECT if name.startswith("trial")}
    named |= {"trial_of_form": slug}
    with_comparison = slug | {"uuid": trials.again(trial, asked, None, now).uuid}
    named |= dict.fromkeys(("comparison", "comparison_cancel"), with_comparison)
    named |= of_deliveries(signal, slug)
    named |= arguments_of_alerts(signal)
    return named | {
        "signal": with_signal,
        "agent": slug | {"uuid": signal.agent.uuid},
        "agent_signals": slug | {"uuid": signal.agent.uuid},
        **of_agents(signal.agent, slug),
        "signal_version_again": {**with_signal, "number": "1"},
        **dict.fromkeys(("signal_run", "signal_run_cancel", "signal_run_retry"), with_run(signal)),
        "key_revoke": slug | {"uuid": key.uuid},
        **of_people(project),
        **of_judges(project, slug),
        "trace": slug | {"trace_id": trace_id_of("a")},
        "session": slug | {"key": Session.objects.get().key},
    }


def of_people(project: Project) -> dict[str, dict[str, Any]]:
    """A member, and somebody invited."""
    slug = {"slug": project.slug}
    other = member(project, email="other@example.org").memberships.get()
    invitation, _token = invitations.invite(
        project.team, "viewer", by=None, now=timezone.now(), email="new@example.org"
    )
    with_invitation = slug | {"uuid": invitation.uuid}
    names = ("invitation_mail", "invitation_link", "invitation_revoke")
    return {
        **dict.fromkeys(("member_role", "member_remove"), slug | {"pk": other.pk}),
        **dict.fromkeys(names, with_invitation),
    }


def of_judges(project: Project, slug: dict[str, str | UUID]) -> dict[str, dict[str, str | UUID]]:
    own = endpoint(project, "https://judge.example.org/v1", name="Theirs")
    names = ("judge", "judge_test", "judge_archive", "judge_restore", "judge_resume")
    return dict.fromkeys(names, slug | {"uuid": own.uuid})


def of_agents(agent: Agent, slug: dict[str, str | UUID]) -> dict[str, dict[str, str | UUID]]:
    """One that another was merged into."""
    now, with_agent = timezone.now(), slug | {"uuid": agent.uuid}
    other = Agent.objects.create(
        project=agent.project, identity="other", name="Theirs too", first_seen_at=now,
        last_seen_at=now,
    )  # fmt: skip
    made = merging.merge(other, agent, None, now)
    return {
        **dict.fromkeys(("agent_rename", "agent_rename_undo", "agent_merge"), with_agent),
        "agent_merge_undo": with_agent | {"merge": made.uuid},
    }


def of_deliveries(signal: Signal, slug: dict[str, str | UUID]) -> dict[str, dict[str, str | UUID]]:
    """A message that failed, and the channel that it was for."""
    alert = alert_of(signal)
    tell(alert, Kind.WEBHOOK, "https://127.0.0.1/hook")  # which is refused
    (delivery,) = owed(alert, timezone.now())
    with_alert = slug | {"uuid": alert.uuid}
    return {
        "delivery_retry": slug | {"uuid": delivery.uuid},
        "channel_resume": with_alert | {"kind": "webhook"},
        **dict.fromkeys(("webhook_secret", "webhook_test"), with_alert),
    }


def arguments_of_alerts(signal: Signal) -> dict[str, dict[str, str | UUID]]:
    slug: dict[str, str | UUID] = {"slug": signal.project.slug}
    firing = firing_of(alert_of(signal))
    with_alert = slug | {"uuid": firing.alert.uuid}
    named = {name: with_alert for name in OF_A_PROJECT if name.startswith("alert")}
    named |= dict.fromkeys(("alerts", "alert_new", "alert_new_preview", "alert_create"), slug)
    return named | {"firing_traces": with_alert | {"firing": firing.uuid}}


def with_run(signal: Signal) -> dict[str, str | UUID]:
    now = timezone.now()
    run = runs.start(signal, now - timedelta(days=1), now, None, None, now)
    return {"slug": signal.project.slug, "uuid": signal.uuid, "run": run.uuid}


def url_of(name: str, arguments: dict[str, dict[str, str | UUID]]) -> str:
    slug = Project.objects.get(name="Theirs").slug
    return reverse(name, kwargs=arguments.get(name, {"slug": slug}))


def test_every_url_stands_in_a_table() -> None:
    known = {*OF_A_PROJECT, *OF_THE_PERSON, *OF_A_TEAM, *OF_STAFF, *OPEN_DOORS}
    known |= OF_A_KEY | OF_OAUTH | OF_A_TEAM_ALONE
    assert {entry.name for entry in patterns(get_resolver().url_patterns)} == known


def test_every_url_of_a_project_has_it_in_the_path() -> None:
    for entry in patterns(get_resolver().url_patterns):
        of_a_project = str(entry.pattern).startswith("p/<slug:slug>/")
        assert of_a_project == (entry.name in OF_A_PROJECT), entry.name


def test_a_stranger_finds_nothing_of_another_project(
    client: Client, arguments: dict[str, dict[str, str | UUID]]
) -> None:
    client.force_login(member(new_project("Ours")))
    for name, method in OF_A_PROJECT.items():
        response = getattr(client, method)(url_of(name, arguments))
        assert response.status_code == 404, name
        assert b"Theirs" not in response.content, name


def test_an_owner_finds_all_of_it(
    client: Client, arguments: dict[str, dict[str, str | UUID]]
) -> None:
    """Else the test above would pass for pages that are not there at all."""
    client.force_login(member(Project.objects.get(name="Theirs"), "owner"))
    for name, method in OF_A_PROJECT.items():
        response = getattr(client, method)(url_of(name, arguments))
        assert response.status_code in (200, 302, 422), name


def test_nobody_is_sent_to_the_sign_in_page(
    client: Client, arguments: dict[str, dict[str, str | UUID]]
) -> None:
    for name, method in OF_A_PROJECT.items():
        response = getattr(client, method)(url_of(name, arguments))
        assert response.status_code == 302, name
        assert response["Location"].startswith(reverse("account_login")), name
    pages = [*OF_THE_PERSON, *OF_STAFF, "idp:oidc:authorization", "idp:oidc:device_authorization"]
    for name in pages:
        response = client.get(reverse(name, args=[1] if name == "session_end" else []))
        assert response["Location"].startswith(reverse("account_login")), name


def test_a_stranger_changes_nothing_of_another_team(
    client: Client, arguments: dict[str, dict[str, str | UUID]]
) -> None:
    project = Project.objects.get(name="Theirs")
    ids = dict.fromkeys(("project_restore", "project_delete_now"), project.uuid)
    stranger = member(new_project("Ours"))
    for name, status in OF_A_TEAM.items():
        url = reverse(name, args=[ids.get(name, project.team.uuid)])
        client.logout()
        assert client.post(url)["Location"].startswith(reverse("account_login")), name
        client.force_login(stranger)
        response = client.post(url, {"typed": project.team.name, "name": "Mine"})
        assert response.status_code == status, name
        assert b"Theirs" not in response.content, name
    assert Team.objects.filter(name=project.team.name).exists()


def test_open_doors_need_no_account(client: Client) -> None:
    assert client.get(reverse("sign_in_by_link", args=["forged"])).status_code == 403
    assert client.get(reverse("mute_by_link", args=["forged"])).status_code == 404
    assert client.get(reverse("invitation", args=["forged"])).status_code == 404
    assert client.post(reverse("invitation_sign_up", args=["forged"])).status_code == 302
    assert client.get(reverse("overview_unsubscribe", args=["forged"])).status_code == 404
