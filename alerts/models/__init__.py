"""The tables of alerts: rules, their firings, and the messages that tell people."""

from alerts.models.alerts import Alert, AlertMute, AlertQuerySet, Firing
from alerts.models.channels import Destination, Kind, SlackConnection
from alerts.models.incidents import Cause, Incident
from alerts.models.outbox import Delivery
from alerts.models.overviews import Overview, OverviewSubscription

__all__ = [
    "Alert",
    "AlertMute",
    "AlertQuerySet",
    "Cause",
    "Delivery",
    "Destination",
    "Firing",
    "Incident",
    "Kind",
    "Overview",
    "OverviewSubscription",
    "SlackConnection",
]
