"""Alerts: made, changed, led through their states, and what they found."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from ninja import Path, Query, Schema
from pydantic import Field

from alerts import channel_choices, editing, listing, states
from alerts.editing import Condition, Told
from alerts.listing import AlertQuery
from alerts.models import Alert
from alerts.muting import mutes
from api import lookups
from api.rest import cursors
from api.rest.callers import CallerRequest
from api.rest.door import Resource
from api.rest.types import (
    NOT_GIVEN,
    CursorText,
    Given,
    Id,
    Limit,
    Moment,
    NoNul,
    NoTruth,
    Text,
)
from api.shapes import alert_code
from api.shapes import alerts as shapes
from api.shapes.alerts import AlertShape, AlertStateShape
from api.shapes.code import CodeShape
from teams.models import Project, User

resource = Resource(tags=["alerts"])

AlertId = Annotated[Id, Field(description="An alert's id.")]
A_PERSONS = "A mute is one person's own: a key has no e-mail to leave out. Mute it on its page."
Standing = Literal[
    "new", "not_met", "met", "held", "not_evaluable", "asleep", "broken", "attention"
]
Sort = Literal[
    "name", "signal", "standing", "evaluated", "fired", "firings",
    "-name", "-signal", "-standing", "-evaluated", "-fired", "-firings",
]  # fmt: skip
Number = Annotated[float, Field(ge=-editing.MAX_THRESHOLD, le=editing.MAX_THRESHOLD)]
AlertName = Annotated[str, NoNul, Field(min_length=1, max_length=editing.MAX_NAME_CHARS)]
Minutes = Annotated[Literal[0, 15, 60, 360, 1440], NoTruth]


class GivenCondition(Given):
    """What is watched for. threshold: percent for pct_change (-20 is down by 20 %), a fraction for
    an absolute share, a number for a count. guard: fire only where chance alone could not have
    made it; the usual for pct_change."""

    metric: Literal["true_rate", "value_count", "value_share", "label_volume"]
    label: Text = ""
    comparison: Literal["pct_change", "absolute"] = "pct_change"
    operator: Literal["gte", "lte"]
    threshold: Number
    window: Literal["5m", "10m", "15m", "30m", "1h", "3h", "6h", "24h", "48h"]
    min_labels: Annotated[int, Field(ge=0, le=editing.MAX_LABELS)] = 0
    cooldown_min: Minutes = 0
    guard: bool | None = None

    @property
    def condition(self) -> Condition:
        return Condition(**self.dict(include=set(GivenCondition.model_fields)))


class NewAlert(GivenCondition):
    """An alert to be made; it is evaluated from the next minute on."""

    signal: Id
    name: AlertName
    email: bool = Field(True, description="To the whole team, less who muted it.")
    slack_channel: Annotated[str, NoNul, Field(max_length=40)] = Field("", description="Its id.")
    webhook_url: Text = ""


class AlertEdit(Given):
    """What is to change; what is left out stays. based_on: its `updated_at` as you saw it."""

    name: Annotated[str, NoNul, Field(min_length=1, max_length=editing.MAX_NAME_CHARS)] | None = (
        None
    )
    metric: Literal["true_rate", "value_count", "value_share", "label_volume"] | None = None
    label: Text | None = None
    comparison: Literal["pct_change", "absolute"] | None = None
    operator: Literal["gte", "lte"] | None = None
    threshold: Number | None = None
    window: Literal["5m", "10m", "15m", "30m", "1h", "3h", "6h", "24h", "48h"] | None = None
    min_labels: Annotated[int, Field(ge=0, le=editing.MAX_LABELS)] | None = None
    cooldown_min: Minutes | None = None
    guard: bool | None = None
    email: bool | None = None
    slack_channel: Annotated[str, NoNul, Field(max_length=40)] | None = None
    webhook_url: Text | None = None
    based_on: Moment | None = None


class AlertPageQuery(Schema):
    state: Literal["on", "paused", "archived"] = Field(
        NOT_GIVEN, description="Without it, all but the archived."
    )
    standing: Standing = Field(NOT_GIVEN, description="attention: in trouble that wants mending.")
    sort: Sort = "standing"
    cursor: CursorText = ""
    limit: Limit = 50


class AlertList(AlertPageQuery):
    """Which alerts."""

    text: Text = Field("", description="Part of the alert's or its signal's name.")
    signal: Id = NOT_GIVEN


class Alerts(Schema):
    """Alerts. count: of all that match."""

    items: list[AlertShape]
    count: int
    next_cursor: str | None


class Channels(Schema):
    """Whom an alert of this project can tell. no_mail: why nobody would get an e-mail."""

    members: int
    no_mail: str
    slack_workspace: str
    slack_channels: dict[str, str]
    slack_trouble: str


@resource.get("/alerts", response=Alerts, operation_id="list_alerts")
def list_alerts(request: CallerRequest, query: Query[AlertList]) -> Alerts:
    """Return the alerts of the project, those that want a look first."""
    signal = lookups.signal(request.caller.project, query.signal) if query.signal else None
    return _page(request, query, text=query.text, signal=signal)


@resource.get("/signals/{signal}/alerts", response=Alerts, operation_id="list_alerts_of_signal")
def list_alerts_of_signal(
    request: CallerRequest,
    signal: Path[Annotated[Id, Field(description="A signal's id.")]],
    query: Query[AlertPageQuery],
) -> Alerts:
    """Return the alerts of one signal."""
    return _page(request, query, signal=lookups.signal(request.caller.project, signal))


@resource.get("/channels", response=Channels, operation_id="list_channels")
def list_channels(request: CallerRequest) -> Channels:
    """Say whom an alert can tell; a webhook is any address of yours."""
    found = channel_choices.of_team(request.caller.project.team, ("", ""))
    return Channels(
        members=found.members,
        no_mail=found.no_mail,
        slack_workspace=found.workspace,
        slack_channels=dict(found.channels),
        slack_trouble=found.trouble,
    )


@resource.post("/alerts", response={201: AlertShape}, operation_id="create_alert")
def create_alert(request: CallerRequest, given: NewAlert) -> AlertShape:
    """Make an alert that is on from the next minute."""
    project = request.caller.project
    signal = lookups.given("signal", lookups.signal, project, given.signal)
    told = channel_choices.told(
        project.team,
        email=given.email,
        slack_channel=given.slack_channel,
        webhook_url=given.webhook_url,
    )
    made = editing.create(signal, given.name, given.condition, told, request.caller.user)
    return _shape(request, lookups.alert(project, made.uuid))


@resource.get("/alerts/{alert}", response=AlertShape, operation_id="get_alert")
def get_alert(request: CallerRequest, alert: Path[AlertId]) -> AlertShape:
    """Return one alert."""
    return _shape(request, lookups.alert(request.caller.project, alert))


@resource.patch("/alerts/{alert}", response=AlertShape, operation_id="edit_alert")
def edit_alert(request: CallerRequest, alert: Path[AlertId], given: AlertEdit) -> AlertShape:
    """Change an alert; a changed condition is looked at anew, and past firings stay."""
    project, known = request.caller.project, lookups.alert(request.caller.project, alert)
    said = {name: value for name, value in given.dict().items() if value is not None}
    parts = {name: said.get(name, getattr(known, name)) for name in editing.CONDITION}
    if "metric" in said and "label" not in said:
        parts["label"] = ""
    told = _told(project, known, said)
    name = said.get("name", known.name)
    editing.edit(known, name, Condition(**parts), told, given.based_on)
    return _shape(request, lookups.alert(project, alert))


@resource.get("/alerts/{alert}/state", response=AlertStateShape, operation_id="get_alert_state")
def get_alert_state(request: CallerRequest, alert: Path[AlertId]) -> AlertStateShape:
    """Say how an alert stands."""
    known = lookups.alert(request.caller.project, alert)
    return shapes.state_of(known, _firings(known, timezone.now()))


@resource.get("/alerts/{alert}/code", response=CodeShape, operation_id="get_alert_as_code")
def get_alert_as_code(request: CallerRequest, alert: Path[AlertId]) -> CodeShape:
    """Return what makes the same alert: a file, a command, and a call of REST."""
    return alert_code.code_of(lookups.alert(request.caller.project, alert))


@resource.post("/alerts/{alert}/pause", response=AlertShape, operation_id="pause_alert")
def pause_alert(request: CallerRequest, alert: Path[AlertId]) -> AlertShape:
    """Evaluate it no more, and tell nobody."""
    return _led(request, alert, states.pause)


@resource.post("/alerts/{alert}/resume", response=AlertShape, operation_id="resume_alert")
def resume_alert(request: CallerRequest, alert: Path[AlertId]) -> AlertShape:
    """Evaluate it from the next minute on."""
    return _led(request, alert, states.resume)


@resource.post("/alerts/{alert}/archive", response=AlertShape, operation_id="archive_alert")
def archive_alert(request: CallerRequest, alert: Path[AlertId]) -> AlertShape:
    """Take it off the list; its firings stay."""
    return _led(request, alert, states.archive)


@resource.post("/alerts/{alert}/restore", response=AlertShape, operation_id="restore_alert")
def restore_alert(request: CallerRequest, alert: Path[AlertId]) -> AlertShape:
    """Bring an archived alert back, paused."""
    return _led(request, alert, states.restore)


@resource.post("/alerts/{alert}/mute", response=AlertShape, operation_id="mute_alert")
def mute_alert(request: CallerRequest, alert: Path[AlertId]) -> AlertShape:
    """Send you no e-mail of it any more; others still get theirs."""
    known = lookups.alert(request.caller.project, alert)
    mutes.mute(known, _person(request))
    return _shape(request, known)


@resource.post("/alerts/{alert}/unmute", response=AlertShape, operation_id="unmute_alert")
def unmute_alert(request: CallerRequest, alert: Path[AlertId]) -> AlertShape:
    """Send you its e-mail again."""
    known = lookups.alert(request.caller.project, alert)
    mutes.unmute(known, _person(request))
    return _shape(request, known)


def _page(request: CallerRequest, query: AlertPageQuery, **named: Any) -> Alerts:
    project, user = request.caller.project, request.caller.user
    wanted = AlertQuery(
        state=query.state or "", standing=query.standing or "", sort=query.sort, **named
    )
    older = cursors.read(request, query.cursor, UUID)
    now = timezone.now()
    page = listing.page_of(project, wanted, now, user, older, size=query.limit)
    return Alerts(
        items=[
            shapes.alert_of(
                project,
                each,
                list(each.destinations.all()),
                each.firings_since,
                each.is_muted if user else None,
            )
            for each in page.alerts
        ],
        count=page.count,
        next_cursor=cursors.written(request, page.place.older),
    )


def _shape(request: CallerRequest, alert: Alert) -> AlertShape:
    user = request.caller.user
    return shapes.alert_of(
        request.caller.project,
        alert,
        list(alert.destinations.all()),
        _firings(alert, timezone.now()),
        mutes.is_muted(alert, user) if user else None,
    )


def _led(request: CallerRequest, key: UUID, lead: Any) -> AlertShape:
    known = lookups.alert(request.caller.project, key)
    lead(known)
    return _shape(request, lookups.alert(request.caller.project, key))


def _told(project: Project, alert: Alert, said: dict[str, Any]) -> Told:
    before = Told.of(list(alert.destinations.all()))
    return channel_choices.told(
        project.team,
        email=said.get("email", before.email),
        slack_channel=said.get("slack_channel", before.slack_channel),
        webhook_url=said.get("webhook_url", before.webhook_url),
        before=before,
    )


def _firings(alert: Alert, now: datetime) -> int:
    return alert.firings.filter(at__gte=now - listing.LATELY).count()


def _person(request: CallerRequest) -> User:
    if request.caller.user is None:
        raise PermissionDenied(A_PERSONS)
    return request.caller.user
