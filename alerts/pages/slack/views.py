"""A team's Slack: connect it by the button or a token, try it, leave it."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from alerts import slack_connections
from alerts.delivery import slack
from alerts.delivery.failures import Permanent, Retryable
from alerts.delivery.slack_errors import AGAIN
from alerts.models import SlackConnection
from alerts.pages.slack.forms import CallbackForm, TestForm, TokenForm, TroubleForm
from alerts.text.messages import escaped
from teams.access import SignedInRequest, get_project, last_seen_project
from teams.models import Project

#: Of the session: which project a visit to Slack is for, and the word that proves it is ours.
VISIT = "slack-visit"


@require_safe
def slack_settings(request: SignedInRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug)
    return render(request, "alerts/slack.html", _context(project))


@require_safe
def slack_connect(request: SignedInRequest, slug: str) -> HttpResponse:
    """Send the person to Slack and back. A link and no form: the Content-Security-Policy keeps
    forms at home."""
    project = get_project(request, slug, manage=True)
    if not slack.is_by_button():
        messages.error(request, "Set SLACK_CLIENT_ID and SLACK_CLIENT_SECRET first.")
        return redirect("slack", project.slug)
    state = secrets.token_urlsafe(24)
    request.session[VISIT] = {"state": state, "project": project.slug}
    return redirect(slack.authorize_url(state, _callback_url()))


@require_safe
def slack_callback(request: SignedInRequest) -> HttpResponse:
    """Receive the person whom Slack sends back; one address for all projects, as Slack wants it."""
    visit = request.session.pop(VISIT, None)
    form = CallbackForm(request.GET)
    if not visit or not form.is_valid() or not _is_ours(visit, form):
        messages.error(request, "That was no answer to a visit of yours to Slack. Connect again.")
        return _back(request)
    project = get_project(request, visit["project"], manage=True)
    if not (code := form.cleaned_data["code"]):
        messages.error(request, "Slack was not connected: nobody allowed it there.")
        return redirect("slack", project.slug)
    try:
        installed = slack.exchange(code, _callback_url())
    except (Retryable, Permanent) as error:
        messages.error(request, f"Slack was not connected. {error}")
        return redirect("slack", project.slug)
    return _connected(request, project, installed)


@require_POST
def slack_token(request: SignedInRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, manage=True)
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            installed = slack.identify(form.cleaned_data["token"])
        except (Retryable, Permanent) as error:
            form.add_error("token", _without_advice(error))
        else:
            return _connected(request, project, installed)
    context = _context(project) | {"token_form": form}
    return render(request, "alerts/slack.html", context, status=422)


@require_POST
def slack_test(request: SignedInRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, manage=True)
    context = _context(project)
    form = TestForm(request.POST, context["channels"])
    if form.is_valid():
        text = f"This is a test: alerts of {project.name} can write here."
        try:
            slack.post(project.team_id, form.cleaned_data["channel"], escaped(text), [])
        except (Retryable, Permanent) as error:
            form.add_error("channel", str(error))
        else:
            messages.success(request, "Slack has taken the test message.")
            return redirect("slack", project.slug)
    return render(request, "alerts/slack.html", context | {"test_form": form}, status=422)


@require_POST
def slack_trouble(request: SignedInRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, manage=True)
    context = _context(project)
    form = TroubleForm(request.POST, context["channels"], "")
    if form.is_valid():
        channel, name = form.cleaned_data["trouble_channel"], form.chosen_name
        slack_connections.tell_trouble_in(project.team, channel, name)
        messages.success(request, f"Trouble is said in {name}." if name else "By e-mail only.")
        return redirect("slack", project.slug)
    return render(request, "alerts/slack.html", context | {"trouble_form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def slack_disconnect(request: SignedInRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, manage=True)
    connection = SlackConnection.objects.filter(team=project.team_id).first()
    if request.method != "POST":
        context = {"project": project, "connection": connection}
        return render(request, "alerts/slack_disconnect.html", context)
    slack_connections.disconnect(project.team)
    messages.success(request, "Slack is disconnected.")
    return redirect("slack", project.slug)


def _context(project: Project) -> dict[str, Any]:
    connection = SlackConnection.objects.filter(team=project.team_id).first()
    channels, trouble = _channels(connection)
    return {
        "project": project,
        "connection": connection,
        "channels": channels,
        "trouble": trouble,
        "is_by_button": slack.is_by_button(),
        "callback_url": _callback_url(),
        "scopes": slack.SCOPES,
        "token_form": TokenForm(),
        "test_form": TestForm(None, channels),
        "trouble_form": TroubleForm(
            None, channels, connection.trouble_channel if connection else ""
        ),
    }


def _channels(connection: SlackConnection | None) -> tuple[list[slack.Channel], str]:
    """Return the channels, and why there are none."""
    if connection is None:
        return [], ""
    try:
        return slack.channels(connection.team_id), ""
    except (Retryable, Permanent) as error:
        return [], str(error)


def _connected(
    request: SignedInRequest, project: Project, installed: slack.Installed
) -> HttpResponse:
    slack_connections.connect(project.team, installed, request.user, timezone.now())
    messages.success(request, f"Slack is connected: {installed.workspace}.")
    return redirect("slack", project.slug)


def _is_ours(visit: dict[str, str], form: CallbackForm) -> bool:
    return constant_time_compare(visit["state"], form.cleaned_data["state"])


def _back(request: SignedInRequest) -> HttpResponse:
    project = last_seen_project(request)
    return redirect("slack", project.slug) if project else redirect("home")


def _callback_url() -> str:
    return str(settings.BASE_URL) + reverse("slack_callback")


def _without_advice(error: Exception) -> str:
    """Whoever stands before the form needs not be sent to it."""
    return str(error).removesuffix(AGAIN).strip()
