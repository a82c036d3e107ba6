"""Each verb that changes something, done once: for tests of what it leaves behind.

By the path of the verb: what the audit log calls it, and how it is done in a project that the test
gives. What is needed before it is made in the same function.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from allauth.usersessions.models import UserSession
from django.utils import timezone

from alerts import editing as alert_editing
from alerts import slack_connections
from alerts import states as alert_states
from alerts.delivery import manual_retry, webhook
from alerts.delivery.slack import Installed
from alerts.editing import EVERYBODY, Condition
from alerts.models import Alert, Delivery, Kind
from alerts.muting import mutes
from alerts.overview import subscribing
from api.models import OAuthGrant
from api.oauth import programs
from signals_app.definition import creation, editing, states
from signals_app.definition.diffs import Question
from signals_app.definition.starters import BY_KEY
from signals_app.labels import label_csv
from signals_app.labels.queries import LabelQuery
from signals_app.models import Budget, Scope, Signal
from signals_app.queue import judging_again
from signals_app.runs import retries, runs
from signals_app.spending import budgets
from signals_app.trials import answers, comparisons, trials
from teams import keys, projects
from teams.audit import reading
from teams.audit.reading import AuditQuery
from teams.deletion import deleting, undoing
from teams.models import Invitation, Project, User
from teams.people import accounts, invitations, members
from teams.people import teams as people_teams
from teams.signin import addresses, links, second_factors, sessions
from tests.alerts.owed import connected, fire, new_alert, tell
from tests.alerts.watched import delivery_of
from tests.api.oauth import granted
from tests.signals_app import conversations
from tests.signals_app.labelled import label, new_agent, new_signal
from tests.traces.arrivals import member
from tests.traces.uploading.files import flat_line
from traces.agents import merging, renaming
from traces.exporting import exporting
from traces.store.recent import Target
from traces.uploading import uploading

Do = Callable[[Project], Any]


@dataclass(frozen=True)
class Deed:
    """action: what the audit log calls it; do: does it."""

    action: str
    do: Do


def alert_of(project: Project) -> Alert:
    return new_alert(project)


def signal_of(project: Project, **changes: Any) -> Signal:
    return new_signal(new_agent(project, f"agent {uuid4().hex}"), **changes)


def _make_signal(project: Project) -> None:
    made = BY_KEY["user_frustration"]
    creation.create(
        project=project,
        agent=new_agent(project),
        name="Anger",
        scope=made.scope,
        type=made.type,
        prompt=made.prompt,
        labels=made.labels,
        sample_rate=0.5,
        now=timezone.now(),
        is_active=False,
    )


def _edit(signal: Signal) -> None:
    asked = Question.of(signal.live_version) if signal.live_version else None
    assert asked is not None
    changed = Question(asked.type, "Another question?", asked.labels, asked.sample_rate)
    editing.edit(signal, signal.name, changed, 1, None)


def _make_live_again(signal: Signal) -> None:
    _edit(signal)
    editing.make_live_again(signal, 1, None)


def _archived(signal: Signal) -> Signal:
    states.archive(signal, None, timezone.now())
    return signal


def _paused(signal: Signal) -> Signal:
    states.pause(signal, None, timezone.now())
    return signal


def _tried(project: Project) -> Any:
    now = timezone.now()
    conversations.send_traces(project, 1, now=now)
    made = BY_KEY["user_frustration"]
    asked = trials.Asked(
        project=project,
        agent=conversations.agent(project),
        scope=Scope.TRACE,
        type=made.type,
        prompt=made.prompt,
        labels=made.labels,
    )
    with patch.object(trials, "newest", return_value=[_target(now)]):
        return trials.start(asked, now - timedelta(days=1), now, 1, None, now), asked


def _target(now: Any) -> Any:
    return Target(target=uuid4(), span_id=0, revision=0, start_time=now)


def _try_again(project: Project) -> None:
    trial, asked = _tried(project)
    trials.again(trial, asked, None, timezone.now())


def _compared(project: Project) -> Any:
    signal, now = signal_of(project, scope=Scope.TRACE), timezone.now()
    _edit(signal)
    first, second = signal.versions.order_by("number")
    with patch.object(trials, "newest", return_value=[_target(now)]):
        return comparisons.start(signal, first, second, now - timedelta(days=1), now, 1, None, now)


def _run(project: Project) -> Any:
    now = timezone.now()
    return runs.start(signal_of(project), now - timedelta(hours=1), now, None, None, now)


def _judge_again(project: Project) -> None:
    signal = signal_of(project)
    (row,) = label(signal, None)
    judging_again.judge_again(signal, row.target, row.span_id, timezone.now())


def _labels_as_csv(project: Project) -> None:
    now = timezone.now()
    query = LabelQuery(start=now - timedelta(days=1), end=now)
    label_csv.parts(project, signal_of(project), query, "https://signals.example")


def _audit_log_as_csv(project: Project) -> None:
    now = timezone.now()
    reading.csv_parts(project.team, project, AuditQuery(now - timedelta(days=1), now))


CONDITION = Condition("label_volume", "absolute", "gte", 10.0, "1h")


def _change_alert(project: Project) -> None:
    alert_editing.edit(alert_of(project), "Another name", CONDITION, EVERYBODY)


def _archived_alert(project: Project) -> Alert:
    alert = alert_of(project)
    alert_states.archive(alert)
    return alert


def _paused_alert(project: Project) -> Alert:
    alert = alert_of(project)
    alert_states.pause(alert)
    return alert


def _muted(project: Project) -> tuple[Alert, User]:
    alert, user = alert_of(project), member(project)
    mutes.mute(alert, user)
    return alert, user


def _retry_delivery(project: Project) -> None:
    delivery = delivery_of(fire(alert_of(project)), state=Delivery.State.FAILED)
    manual_retry.retry(delivery, timezone.now())


def _resume_channel(project: Project) -> None:
    paused = tell(alert_of(project), Kind.EMAIL, paused_at=timezone.now(), paused_reason="Gone.")
    manual_retry.resume(paused, timezone.now())


def _webhook(project: Project) -> Any:
    return tell(alert_of(project), Kind.WEBHOOK, "https://hooks.example.org/s3cret")


def _test_webhook(project: Project) -> None:
    with patch.object(webhook, "send"):
        webhook.send_test(_webhook(project), timezone.now())


def _connect(project: Project) -> None:
    installed = Installed(token="xoxb-1", workspace_id="T1", workspace="Acme")
    slack_connections.connect(project.team, installed, member(project), timezone.now())


def _with_slack(project: Project) -> Any:
    connected(project.team)
    return project.team


def _subscribed(project: Project) -> Any:
    return subscribing.subscribe(
        project,
        member(project),
        hour=8,
        kind="email",
        address="",
        address_name="",
        now=timezone.now(),
    )


def _end_program(project: Project) -> None:
    user = member(project)
    granted.token(user, project, ("read",))
    programs.end(user, OAuthGrant.objects.get().grant_id)


def _key(project: Project) -> Any:
    return keys.issue(project, "ci", None, now=timezone.now())[0]


def _upload(project: Project) -> None:
    now = timezone.now()
    span = conversations.span(uuid4().bytes, at=now - timedelta(hours=1))
    uploading.upload(project, io.BytesIO(flat_line(span)), now=now)


def _merged(project: Project) -> Any:
    source, target = new_agent(project, "one"), new_agent(project, "two")
    return merging.merge(source, target, None, timezone.now(), seconds=0)


def _renamed(project: Project) -> Any:
    agent = new_agent(project, "one")
    renaming.rename(agent, "Support", timezone.now())
    return agent


def _membership(project: Project) -> Any:
    return project.team.memberships.get(user=member(project))


def _hand_over(project: Project) -> None:
    owner = member(project, "owner", "olga@example.org")
    members.hand_over(project.team, owner, _membership(project), now=timezone.now())


def _invited(project: Project) -> Invitation:
    return invitations.invite(project.team, "member", by=None, now=timezone.now(), note="Vic")[0]


def _restore_project(project: Project) -> None:
    undoing.delete_project(project, timezone.now())
    undoing.restore_project(project, timezone.now())


def _restore_team(project: Project) -> None:
    undoing.delete_team(project.team, timezone.now())
    undoing.restore_team(project.team, timezone.now())


def _project_of(user: User, project: Project) -> None:
    projects.create(project.team, "Another", user)


def _session_of(project: Project) -> User:
    user = member(project)
    UserSession.objects.create(user=user, ip="192.0.2.1", session_key="k", user_agent="Firefox/1")
    return user


def _end_session(project: Project) -> None:
    user = _session_of(project)
    sessions.end(user, UserSession.objects.get().pk)


def _use_link(project: Project) -> None:
    url = links.issue(member(project), timezone.now())
    links.use(url.rstrip("/").rpartition("/")[2], timezone.now())


def _budget(project: Project) -> Budget:
    return budgets.set_budget(project, "usd", 20, None, timezone.now())


DEEDS = {
    "teams.audit.reading.csv_parts": Deed("audit.exported", _audit_log_as_csv),
    "teams.signin.links.issue": Deed(
        "account.link_made", lambda p: links.issue(member(p), timezone.now())
    ),
    "teams.signin.links.use": Deed("account.link_used", _use_link),
    "teams.signin.links.reset_url": Deed(
        "account.reset_link_made", lambda p: links.reset_url(member(p))
    ),
    "teams.signin.addresses.confirm": Deed(
        "account.email_confirmed", lambda p: addresses.confirm(member(p).email)
    ),
    "teams.signin.sessions.end": Deed("account.session_ended", _end_session),
    "teams.signin.sessions.end_others": Deed(
        "account.sessions_ended", lambda p: sessions.end_others(_session_of(p))
    ),
    "teams.signin.second_factors.remove_all": Deed(
        "account.second_factors_removed", lambda p: second_factors.remove_all(member(p))
    ),
    "api.oauth.programs.end": Deed("program.ended", _end_program),
    "teams.projects.create": Deed("project.made", lambda p: _project_of(member(p, "admin"), p)),
    "teams.projects.change": Deed(
        "project.changed", lambda p: projects.change(p, name="Another", session_idle_s=60)
    ),
    "teams.deletion.deleting.delete_project": Deed(
        "project.deleted", lambda p: deleting.delete_project(p, timezone.now())
    ),
    "teams.deletion.deleting.delete_team": Deed(
        "team.deleted", lambda p: deleting.delete_team(p.team, timezone.now())
    ),
    "teams.deletion.undoing.delete_project": Deed(
        "project.deleted", lambda p: undoing.delete_project(p, timezone.now())
    ),
    "teams.deletion.undoing.delete_team": Deed(
        "team.deleted", lambda p: undoing.delete_team(p.team, timezone.now())
    ),
    "teams.deletion.undoing.restore_project": Deed("project.restored", _restore_project),
    "teams.deletion.undoing.restore_team": Deed("team.restored", _restore_team),
    "teams.people.teams.rename": Deed("team.renamed", lambda p: people_teams.rename(p.team, "Two")),
    "teams.people.accounts.delete": Deed(
        "member.left", lambda p: accounts.delete(member(p), timezone.now())
    ),
    "teams.keys.issue": Deed("key.made", _key),
    "teams.keys.revoke": Deed("key.revoked", lambda p: keys.revoke(_key(p), timezone.now())),
    "teams.people.members.add": Deed(
        "member.added",
        lambda p: members.add(p.team, User.objects.create_user("new@example.org"), "member"),
    ),
    "teams.people.members.change_role": Deed(
        "member.role_changed",
        lambda p: members.change_role(_membership(p), "viewer", now=timezone.now()),
    ),
    "teams.people.members.remove": Deed(
        "member.removed", lambda p: members.remove(_membership(p), now=timezone.now())
    ),
    "teams.people.members.hand_over": Deed("team.handed_over", _hand_over),
    "teams.people.invitations.invite": Deed("invitation.made", lambda p: _invited(p)),
    "teams.people.invitations.new_link": Deed(
        "invitation.renewed",
        lambda p: invitations.new_link(_invited(p), by=None, now=timezone.now()),
    ),
    "teams.people.invitations.revoke": Deed(
        "invitation.revoked", lambda p: invitations.revoke(_invited(p), timezone.now())
    ),
    "teams.people.invitations.accept": Deed(
        "invitation.taken",
        lambda p: invitations.accept(
            _invited(p), User.objects.create_user("new@example.org"), timezone.now()
        ),
    ),
    "traces.exporting.exporting.export": Deed(
        "traces.exported", lambda p: exporting.export(p, [uuid4()], "otlp")
    ),
    "traces.exporting.exporting.chunks": Deed(
        "traces.exported", lambda p: exporting.chunks(p, [uuid4()], "flat")
    ),
    "traces.uploading.uploading.upload": Deed("traffic.uploaded", _upload),
    "traces.agents.renaming.rename": Deed("agent.renamed", _renamed),
    "traces.agents.renaming.undo": Deed(
        "agent.rename_undone", lambda p: renaming.undo(_renamed(p), timezone.now())
    ),
    "traces.agents.merging.merge": Deed("agent.merged", _merged),
    "traces.agents.merging.undo": Deed(
        "agent.merge_undone", lambda p: merging.undo(_merged(p), timezone.now(), seconds=0)
    ),
    "signals_app.definition.creation.create": Deed("signal.made", _make_signal),
    "signals_app.definition.editing.edit": Deed(
        "signal.version_made", lambda p: _edit(signal_of(p))
    ),
    "signals_app.definition.editing.make_live_again": Deed(
        "signal.version_made", lambda p: _make_live_again(signal_of(p))
    ),
    "signals_app.definition.states.activate": Deed("signal.activated", signal_of),
    "signals_app.definition.states.pause": Deed("signal.paused", lambda p: _paused(signal_of(p))),
    "signals_app.definition.states.resume": Deed(
        "signal.activated", lambda p: states.resume(_paused(signal_of(p)), None, timezone.now())
    ),
    "signals_app.definition.states.archive": Deed(
        "signal.archived", lambda p: _archived(signal_of(p))
    ),
    "signals_app.definition.states.restore": Deed(
        "signal.restored", lambda p: states.restore(_archived(signal_of(p)), None, timezone.now())
    ),
    "signals_app.trials.trials.start": Deed("trial.started", _tried),
    "signals_app.trials.trials.again": Deed("trial.started", _try_again),
    "signals_app.trials.answers.cancel": Deed(
        "trial.cancelled", lambda p: answers.cancel(_tried(p)[0], timezone.now())
    ),
    "signals_app.trials.comparisons.start": Deed("trial.started", _compared),
    "signals_app.trials.comparisons.cancel": Deed(
        "trial.cancelled", lambda p: comparisons.cancel(_compared(p), timezone.now())
    ),
    "signals_app.spending.budgets.set_budget": Deed("budget.set", _budget),
    "signals_app.spending.budgets.remove": Deed(
        "budget.removed", lambda p: budgets.remove(_budget(p).project, None, timezone.now())
    ),
    "signals_app.runs.runs.start": Deed("run.started", _run),
    "signals_app.runs.runs.cancel": Deed(
        "run.cancelled", lambda p: runs.cancel(_run(p), timezone.now())
    ),
    "signals_app.runs.retries.retry_run": Deed(
        "run.retried", lambda p: retries.retry_run(_run(p), timezone.now())
    ),
    "signals_app.runs.retries.retry_failed": Deed(
        "signal.failed_retried", lambda p: retries.retry_failed(signal_of(p), timezone.now())
    ),
    "signals_app.queue.judging_again.judge_again": Deed("signal.target_judged_again", _judge_again),
    "signals_app.labels.label_csv.parts": Deed("labels.exported", _labels_as_csv),
    "alerts.editing.create": Deed(
        "alert.made", lambda p: alert_editing.create(signal_of(p), "New", CONDITION)
    ),
    "alerts.editing.edit": Deed("alert.changed", _change_alert),
    "alerts.states.pause": Deed("alert.paused", _paused_alert),
    "alerts.states.resume": Deed("alert.resumed", lambda p: alert_states.resume(_paused_alert(p))),
    "alerts.states.archive": Deed("alert.archived", _archived_alert),
    "alerts.states.restore": Deed(
        "alert.restored", lambda p: alert_states.restore(_archived_alert(p))
    ),
    "alerts.muting.mutes.mute": Deed("alert.muted", _muted),
    "alerts.muting.mutes.unmute": Deed("alert.unmuted", lambda p: mutes.unmute(*_muted(p))),
    "alerts.delivery.manual_retry.retry": Deed("delivery.retried", _retry_delivery),
    "alerts.delivery.manual_retry.resume": Deed("alert.channel_resumed", _resume_channel),
    "alerts.delivery.webhook.new_secret": Deed(
        "alert.webhook_secret_made", lambda p: webhook.new_secret(_webhook(p), timezone.now())
    ),
    "alerts.delivery.webhook.send_test": Deed("alert.webhook_tested", _test_webhook),
    "alerts.slack_connections.connect": Deed("slack.connected", _connect),
    "alerts.slack_connections.disconnect": Deed(
        "slack.disconnected", lambda p: slack_connections.disconnect(_with_slack(p))
    ),
    "alerts.slack_connections.tell_trouble_in": Deed(
        "slack.trouble_channel_changed",
        lambda p: slack_connections.tell_trouble_in(_with_slack(p), "C1", "#ops"),
    ),
    "alerts.overview.subscribing.subscribe": Deed("overview.subscribed", _subscribed),
    "alerts.overview.subscribing.stop": Deed(
        "overview.stopped", lambda p: subscribing.stop(_subscribed(p), timezone.now())
    ),
}
