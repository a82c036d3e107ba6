"""A stored incident as the messages need it."""

from __future__ import annotations

from alerts.delivery.firing_facts import absolute, alert_url
from alerts.incidents import notices
from alerts.incidents.budget_trouble import OF_A_PROJECT
from alerts.incidents.message import Asleep, Told
from alerts.models import Alert, Cause, Incident


def describe(incident: Incident) -> Told:
    """Read what the messages say of an incident."""
    project = incident.project
    return Told(
        title=title_of(incident),
        words=incident.words,
        began_at=incident.began_at,
        ended_at=incident.ended_at,
        project=project.name,
        url=_url(incident),
        asleep=[sleeper(each, project.slug) for each in notices.asleep(incident)],
    )


def sleeper(alert: Alert, slug: str) -> Asleep:
    return Asleep(alert.name, alert.uuid, alert_url(alert, slug))


def title_of(incident: Incident) -> str:
    """Name the cause with what it is about."""
    if incident.signal is not None:
        name = incident.signal.name
        if incident.cause == Cause.SIGNAL_STOPPED:
            return f"The signal “{name}” stopped itself"
        return f"No labels of “{name}”, though traffic comes"
    if incident.cause == Cause.JUDGE:
        return f"The judge “{incident.subject}” does not answer"
    if incident.cause in OF_A_PROJECT:
        return f"{incident.get_cause_display()}: {incident.project.name}"
    return incident.get_cause_display()


def _url(incident: Incident) -> str:
    slug = incident.project.slug
    if incident.signal is not None:
        return absolute("signal", slug, incident.signal.uuid)
    return absolute("spend" if incident.cause in OF_A_PROJECT else "signals", slug)
