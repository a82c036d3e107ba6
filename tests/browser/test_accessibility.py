"""No page has a serious or critical violation that axe-core can find: each page of the URL
table, in both themes, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page

from alerts import states
from alerts.models import Alert, Destination
from alerts.overview import unsubscribing
from signals_app.models import Signal
from teams.deletion import undoing
from teams.models import Project, User
from teams.people import invitations
from teams.signin import links
from tests.alerts.overview.days import subscribed
from tests.alerts.watched import alert_of, delivery_of, firing_of
from tests.entering import enter
from tests.server import WebServer
from tests.signals_app.labelled import label, new_signal
from tests.test_strangers import (
    OF_A_PROJECT,
    OF_STAFF,
    OF_THE_PERSON,
    arguments,  # noqa: F401  a fixture: what each URL is called with
    url_of,
)
from tests.traces.arrivals import arrive, member, new_project, span_id_of, trace_id_of, turn

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parent.parent / "clients/node/node_modules/axe-core/axe.min.js"
#: A script of a tag would be refused by the Content-Security-Policy.
RUN = """async () => {
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return found.violations
        .filter((one) => ["serious", "critical"].includes(one.impact))
        .flatMap((one) => one.nodes.map((node) =>
            `${one.id}: ${node.target.join(" ")} — ${node.failureSummary}\\n    ${node.html}`));
}"""
#: Pages that look different before anything has come in.
EMPTY = (
    "signals",
    "traces",
    "sessions",
    "agents",
    "alerts",
    "settings",
    "keys",
    "members",
    "audit_log",
)
Theme = Literal["light", "dark"]
VIEWS: list[tuple[Theme, int]] = [("light", 1440), ("dark", 1440), ("dark", 390), ("light", 390)]


@pytest.fixture
def project(web_server: WebServer, arguments: dict[str, Any]) -> Project:  # noqa: F811
    """The things of the URL table, with labels, failures, long names and all states."""
    project = Project.objects.get(name="Theirs")
    fill(project)
    return project


def fill(project: Project) -> None:
    now = timezone.now()
    for hours in range(24):
        failed = "The order system did not answer." if hours % 5 == 0 else ""
        at = now - timedelta(hours=hours + 2)
        arrive(project, *turn(f"t{hours}", at=at, error=failed, session__id="chat"))
    first = Signal.objects.get()
    label(first, "true", 40, target=None, explanation="Asks twice, in capitals.")
    label(first, "false", 20, at=now - timedelta(hours=3), target=None)
    label(first, None, 3, reason="The judge answered with no label.")
    label(first, "true", 9, at=now - timedelta(days=1), target=None)
    label(first, "true", target=trace_id_of("a"), explanation="Says so.", counted_at=now)
    new_signal(first.agent, "task_outcome", name="How far does the agent get? " * 3)
    label(Signal.objects.last() or first, "completed", 45)
    new_signal(first.agent, "sentiment", active=False)
    stopped = new_signal(first.agent, "nsfw")
    Signal.objects.filter(pk=stopped.pk).update(state="paused", paused_reason="401: refused.")
    fill_alerts(first)


def fill_alerts(signal: Signal) -> None:
    """In all standings and states, with firings, failures, warnings and a dead channel."""
    now = timezone.now().replace(second=0, microsecond=0)
    first = alert_of(signal, name="Told")
    dead = {"paused_at": now, "paused_reason": "The address is gone (410)."}
    Destination.objects.create(alert=first, kind="email")
    Destination.objects.create(alert=first, kind="webhook", address="https://x.org/", **dead)
    again = firing_of(first, now - timedelta(hours=2), version_note="Version 2 began in it.")
    delivery_of(again)
    delivery_of(again, "webhook", state="failed", error="The address is gone (410).")
    for standing in Alert.Standing.values:
        one = alert_of(signal, name=f"Stands {standing}", window="1h", min_labels=10)
        seen = {"standing": standing, "value": 0.3, "baseline": 0.2, "labels": 9}
        Alert.objects.filter(pk=one.pk).update(evaluated_at=now, labels_before=50, **seen)
    states.pause(alert_of(signal, name="Paused"))
    states.archive(alert_of(signal, name="Archived"))


def addresses(project: Project, arguments: dict[str, Any], client: Client) -> list[str]:  # noqa: F811
    """Every page that a person can open, and some of them in other states."""
    first = Signal.objects.order_by("pk")[0]
    empty = new_project("Nothing yet")
    empty.team.members.add(project.team.members.earliest("pk"), through_defaults={"role": "owner"})
    trace = url_of("trace", arguments)
    found = [url_of(name, arguments) for name, verb in OF_A_PROJECT.items() if verb == "get"]
    found += pages_of_the_person()
    found += [reverse("mfa_activate_totp"), reverse("mfa_add_webauthn"), reverse("account_email")]
    found += [
        f"{trace}?span={span_id_of('a', 'chat').hex()}",
        f"{url_of('trace', {'trace': {'slug': project.slug, 'trace_id': trace_id_of('t0')}})}",
        f"{url_of('traces', arguments)}?q=nothing&range=custom",
        f"{url_of('sessions', arguments)}?q=nothing&status=odd",
        f"{url_of('sessions', arguments)}?status=open&range=1h",
        f"{url_of('signals', arguments)}?q=nothing",
        f"{url_of('settings_data', arguments)}?traces_days=30&labels_days=1",
        f"{url_of('settings_data', arguments)}?traces_days=0",
        f"{url_of('erase', arguments)}?kind=session&subject=chat",
        f"{url_of('erase', arguments)}?kind=user&subject=nobody",
        f"{url_of('signal_new', arguments)}?template=task_outcome",
        *(reverse("signal", args=[project.slug, each.uuid]) for each in Signal.objects.all()),
        f"{reverse('signal', args=[project.slug, first.uuid])}?label=true&range=custom",
        f"{url_of('agent', arguments)}?runs=rate&use=cost",
        *addresses_of_alerts(project, first),
        *(reverse(name, args=[empty.slug]) for name in EMPTY),
        reverse("sessions", args=[without_sessions(project).slug]),
        reverse("team_members", args=[empty.team.uuid]),
        reverse("team_delete", args=[empty.team.uuid]),
        reverse("project_delete_now", args=[kept_for_a_day(project).uuid]),
        reverse("account_change_password"),
        reverse("account_logout"),
        f"/p/{project.slug}/nothing-here/",
    ]
    return [url for url in found if is_page(client, url)]


def pages_of_the_person() -> list[str]:
    """Return the addresses that need nothing but the person; the others are buttons of theirs."""
    found = []
    for name in sorted({*OF_THE_PERSON, *OF_STAFF}):
        with suppress(NoReverseMatch):
            found.append(reverse(name))
    return found


def addresses_of_alerts(project: Project, signal: Signal) -> list[str]:
    """Lists, the form with warnings and with errors, and the page of each standing and state."""
    every, new = reverse("alerts", args=[project.slug]), reverse("alert_new", args=[project.slug])
    sentence = "metric=true_rate&direction=decreases&window=1h&min_labels=&cooldown_min=0&days=7"
    found = [f"{every}?q=nothing", f"{every}?state=archived&muted=no&standing=met&signal=x"]
    found += [f"{new}?signal={signal.uuid}", f"{new}?signal={signal.uuid}&{sentence}&threshold=20"]
    found += [f"{new}?signal={signal.uuid}&{sentence}&threshold=x"]
    alerts = Alert.objects.of_project(project.pk)
    return found + [reverse("alert", args=[project.slug, alert.uuid]) for alert in alerts]


def without_sessions(project: Project) -> Project:
    """One with traffic, of the same people, that never names a session."""
    found = new_project("No sessions")
    found.team.members.add(project.team.members.earliest("pk"), through_defaults={"role": "owner"})
    arrive(found, *turn("alone"))
    return found


def kept_for_a_day(project: Project) -> Project:
    """One that was deleted, of the same people."""
    found = new_project("Deleted")
    found.team.members.add(project.team.members.earliest("pk"), through_defaults={"role": "owner"})
    undoing.delete_project(found, timezone.now())
    return found


def is_page(client: Client, url: str) -> bool:
    """Not a redirect, and not a file."""
    response = client.get(url)
    return response.status_code in (200, 404) and "text/html" in response["Content-Type"]


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


def violations(page: Page, url: str) -> list[str]:
    """Of one page, drawn anew for each theme and width."""
    page.goto(url)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return [each for theme, width in VIEWS for each in violations_of_view(page, theme, width)]


def violations_of_view(page: Page, theme: Theme, width: int) -> list[str]:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    found: list[str] = page.evaluate(RUN)
    return [f"{page.url} ({theme}, {width})\n  {each}" for each in found]


def test_no_page_of_a_project_has_a_serious_violation(
    tab: Page,
    web_server: WebServer,
    project: Project,
    arguments: dict[str, dict[str, str | UUID]],  # noqa: F811
    client: Client,
) -> None:
    user = member(project, "owner")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client.force_login(user)
    pages = addresses(project, arguments, client)
    assert len(pages) > 20
    enter(tab, web_server.url, user)
    found = [violation for url in pages for violation in violations(tab, web_server.url + url)]
    assert not found, "\n".join(found)


#: Of the operator's: the lists that are looked at most, a form, a row to look at, a question.
ON_THE_ADMIN_SITE = (
    "admin:index",
    "admin:what_runs",
    "admin:failed",
    "admin:teams_user_changelist",
    "admin:teams_apikey_changelist",
    "admin:teams_auditentry_changelist",
    "admin:signals_app_signal_changelist",
    "admin:alerts_delivery_changelist",
    "admin:teams_user_add",
)


def test_no_page_of_the_operator_has_a_serious_violation(
    tab: Page,
    web_server: WebServer,
    project: Project,
) -> None:
    user = member(project, "owner")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    pages = [reverse(name) for name in ON_THE_ADMIN_SITE]
    pages += [
        reverse("admin:teams_project_change", args=[project.pk]),
        reverse("admin:teams_user_delete", args=[user.pk]),
        reverse("admin:signals_app_signal_change", args=[Signal.objects.earliest("pk").pk]),
    ]
    enter(tab, web_server.url, user)
    found = [violation for url in pages for violation in violations(tab, web_server.url + url)]
    assert not found, "\n".join(found)


def test_no_page_for_everybody_has_a_serious_violation(tab: Page, web_server: WebServer) -> None:
    subscription = subscribed(new_project())
    team = new_project("Crew").team
    _invitation, token = invitations.invite(team, "viewer", by=None, now=timezone.now())
    pages = [
        reverse("account_login"),
        *(reverse(name) for name in ("account_signup", "account_reset_password")),
        reverse("account_email_verification_sent"),
        urlsplit(links.issue(subscription.user, timezone.now())).path,
        reverse("sign_in_by_link", args=["forged"]),
        reverse("invitation", args=[token]),
        reverse("invitation", args=["forged"]),
        reverse("overview_unsubscribe", args=["forged"]),
        reverse("mute_by_link", args=["forged"]),
        urlsplit(unsubscribing.url_of(subscription)).path,
    ]
    found = [violation for url in pages for violation in violations(tab, web_server.url + url)]
    assert not found, "\n".join(found)
